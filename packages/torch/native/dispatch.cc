// Calls any libtorch operator by its name in the dispatcher, converting by its schema: `call("add", "Tensor", [a, b],
// {alpha: 2})`. Autograd, autocast and device choice are the dispatcher's own, so they work here as in PyTorch.
#include <ATen/core/dispatch/Dispatcher.h>

#include "addon.h"
#include "convert.h"
#include "handles.h"

namespace {

std::string qualified(const std::string& name) { return name.find("::") == std::string::npos ? "aten::" + name : name; }

c10::OperatorHandle find_operator(Napi::Env env, const std::string& name, const std::string& overload) {
  const auto found = c10::Dispatcher::singleton().findSchema({qualified(name), overload});
  if (!found)
    throw_torch_error(env, "UNKNOWN_OPERATOR",
                      "libtorch has no operator " + qualified(name) + (overload.empty() ? "" : "." + overload));
  return *found;
}

void refuse_unknown_keywords(Napi::Env env, const c10::FunctionSchema& schema, const Napi::Object& keywords) {
  const Napi::Array names = keywords.GetPropertyNames();
  for (uint32_t i = 0; i < names.Length(); i++) {
    const std::string name = names.Get(i).As<Napi::String>().Utf8Value();
    if (!schema.argumentIndexWithName(name))
      throw_torch_error(env, "TYPE", schema.name() + " has no argument '" + name + "'");
  }
}

// Arguments in schema order: positional ones first, then keywords, then the schema's defaults.
torch::jit::Stack arguments_for(Napi::Env env, const c10::FunctionSchema& schema, const Napi::Array& positional,
                                const Napi::Value& keywords) {
  const auto& arguments = schema.arguments();
  if (positional.Length() > arguments.size())
    throw_torch_error(env, "TYPE", schema.name() + " takes " + std::to_string(arguments.size()) + " arguments, found " +
                                       std::to_string(positional.Length()));
  const bool has_keywords = keywords.IsObject();
  if (has_keywords) refuse_unknown_keywords(env, schema, keywords.As<Napi::Object>());
  torch::jit::Stack stack;
  stack.reserve(arguments.size());
  for (size_t i = 0; i < arguments.size(); i++) {
    Napi::Value value = env.Undefined();
    if (has_keywords) value = keywords.As<Napi::Object>().Get(arguments[i].name());
    if (i < positional.Length()) {
      if (!value.IsUndefined())
        throw_torch_error(env, "TYPE", schema.name() + " was given the argument '" + arguments[i].name() + "' twice");
      value = positional.Get(static_cast<uint32_t>(i));
    }
    if (!value.IsUndefined()) stack.push_back(to_ivalue(value, arguments[i]));
    else if (arguments[i].default_value()) stack.push_back(*arguments[i].default_value());
    else if (arguments[i].type()->kind() == c10::TypeKind::OptionalType) stack.emplace_back();
    else throw_torch_error(env, "TYPE", schema.name() + " needs the argument '" + arguments[i].name() + "'");
  }
  return stack;
}

Napi::Value results_of(Napi::Env env, const torch::jit::Stack& stack) {
  if (stack.empty()) return env.Undefined();
  if (stack.size() == 1) return from_ivalue(env, stack[0]);
  Napi::Array results = Napi::Array::New(env, stack.size());
  for (size_t i = 0; i < stack.size(); i++) results.Set(static_cast<uint32_t>(i), from_ivalue(env, stack[i]));
  return results;
}

// call(name, overload, positional[], keywords?)
Napi::Value call(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto op = find_operator(env, info[0].As<Napi::String>(), info[1].As<Napi::String>());
  torch::jit::Stack stack = arguments_for(env, op.schema(), info[2].As<Napi::Array>(), info[3]);
  op.callBoxed(stack);
  return results_of(env, stack);
}

// Every operator's schema as text, sorted: what the type generator reads.
Napi::Value schemas(const Napi::CallbackInfo& info) {
  std::vector<std::string> texts;
  auto& dispatcher = c10::Dispatcher::singleton();
  for (const auto& name : dispatcher.getAllOpNames()) {
    const auto op = dispatcher.findSchema(name);
    if (op) texts.push_back(toString(op->schema()));
  }
  std::sort(texts.begin(), texts.end());
  Napi::Array result = Napi::Array::New(info.Env(), texts.size());
  for (size_t i = 0; i < texts.size(); i++) result.Set(static_cast<uint32_t>(i), Napi::String::New(info.Env(), texts[i]));
  return result;
}

}  // namespace

void init_dispatch(Napi::Env, Napi::Object exports) {
  expose<call>(exports, "call");
  expose<schemas>(exports, "schemas");
}
