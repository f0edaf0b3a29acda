// The one place where C++ exceptions become JavaScript errors. TypeScript hands its TorchError class in at load
// (setErrorClass), and every failure is thrown as `new TorchError(code, message)`, with libtorch's own message.
#include <c10/util/Exception.h>

#include "addon.h"
#include "handles.h"

namespace {

std::string first_paragraph(const c10::Error& error) {
  std::string message = error.what_without_backtrace();
  const size_t backtrace = message.find("\nException raised from");
  return backtrace == std::string::npos ? message : message.substr(0, backtrace);
}

const char* code_of(const c10::Error& error, const std::string& message) {
  if (dynamic_cast<const c10::IndexError*>(&error)) return "INDEX";
  if (dynamic_cast<const c10::ValueError*>(&error)) return "VALUE";
  if (dynamic_cast<const c10::TypeError*>(&error)) return "TYPE";
  if (dynamic_cast<const c10::NotImplementedError*>(&error)) return "NOT_IMPLEMENTED";
  if (message.find("out of memory") != std::string::npos || message.find("can't allocate memory") != std::string::npos)
    return "OUT_OF_MEMORY";
  return "LIBTORCH";
}

Napi::Value set_error_class(const Napi::CallbackInfo& info) {
  Environment::of(info.Env()).error_class = Napi::Persistent(info[0].As<Napi::Function>());
  return info.Env().Undefined();
}

}  // namespace

void throw_torch_error(Napi::Env env, const char* code, const std::string& message) {
  auto& error_class = Environment::of(env).error_class;
  if (error_class.IsEmpty()) throw Napi::Error::New(env, message);
  Napi::Object error = error_class.New({Napi::String::New(env, code), Napi::String::New(env, message)});
  throw Napi::Error(env, error);
}

void rethrow_as_js(Napi::Env env) {
  try {
    throw;
  } catch (const Napi::Error&) {
    throw;
  } catch (const c10::Error& error) {
    const std::string message = first_paragraph(error);
    throw_torch_error(env, code_of(error, message), message);
  } catch (const std::bad_alloc&) {
    throw_torch_error(env, "OUT_OF_MEMORY", "not enough memory");
  } catch (const std::exception& error) {
    throw_torch_error(env, "LIBTORCH", error.what());
  } catch (...) {
    throw_torch_error(env, "LIBTORCH", "libtorch threw something that is not a std::exception");
  }
}

void init_errors(Napi::Env, Napi::Object exports) { expose<set_error_class>(exports, "setErrorClass"); }
