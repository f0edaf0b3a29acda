#include "convert.h"

#include <c10/core/MemoryFormat.h>

#include "addon.h"
#include "handles.h"

namespace {

struct Dtype {
  const char* name;
  at::ScalarType type;
};

constexpr Dtype kDtypes[] = {
    {"float32", at::kFloat}, {"float64", at::kDouble}, {"float16", at::kHalf}, {"bfloat16", at::kBFloat16},
    {"int64", at::kLong},    {"int32", at::kInt},      {"int16", at::kShort},  {"int8", at::kChar},
    {"uint8", at::kByte},    {"bool", at::kBool},      {"complex64", at::kComplexFloat},
    {"complex128", at::kComplexDouble},
};

const char* js_type_name(const Napi::Value& value) {
  if (value.IsNull()) return "null";
  if (value.IsUndefined()) return "undefined";
  if (value.IsArray()) return "an array";
  if (value.IsExternal()) return "a Tensor or Generator";
  if (value.IsString()) return "a string";
  if (value.IsNumber()) return "a number";
  if (value.IsBoolean()) return "a boolean";
  return "an object";
}

[[noreturn]] void throw_mismatch(const Napi::Value& value, const c10::Argument& argument) {
  throw_torch_error(value.Env(), "TYPE",
                    "argument '" + argument.name() + "' must be " + argument.type()->annotation_str() + ", found " +
                        js_type_name(value));
}

// Schemas type dtypes, layouts and memory formats as int; JavaScript names them. The names do not overlap.
int64_t enum_from_name(const Napi::Value& value, const std::string& name) {
  if (name == "strided") return static_cast<int64_t>(at::kStrided);
  if (name == "contiguous_format") return static_cast<int64_t>(at::MemoryFormat::Contiguous);
  if (name == "preserve_format") return static_cast<int64_t>(at::MemoryFormat::Preserve);
  if (name == "channels_last") return static_cast<int64_t>(at::MemoryFormat::ChannelsLast);
  return static_cast<int64_t>(dtype_from_name(value.Env(), name));
}

int64_t to_int(const Napi::Value& value, const c10::Argument& argument) {
  if (value.IsString()) return enum_from_name(value, value.As<Napi::String>().Utf8Value());
  if (value.IsBigInt()) {
    bool lossless = false;
    return value.As<Napi::BigInt>().Int64Value(&lossless);
  }
  if (!value.IsNumber()) throw_mismatch(value, argument);
  const double number = value.As<Napi::Number>().DoubleValue();
  if (!std::isfinite(number) || std::floor(number) != number) throw_mismatch(value, argument);
  return static_cast<int64_t>(number);
}

double to_double(const Napi::Value& value, const c10::Argument& argument) {
  if (!value.IsNumber()) throw_mismatch(value, argument);
  return value.As<Napi::Number>().DoubleValue();
}

bool to_bool(const Napi::Value& value, const c10::Argument& argument) {
  if (!value.IsBoolean()) throw_mismatch(value, argument);
  return value.As<Napi::Boolean>().Value();
}

// A whole number becomes an integer scalar, as in Python: type promotion then keeps integer tensors integer.
at::Scalar to_scalar(const Napi::Value& value, const c10::Argument& argument) {
  if (value.IsBoolean()) return at::Scalar(value.As<Napi::Boolean>().Value());
  const double number = to_double(value, argument);
  constexpr double kLargestExact = 9007199254740991.0;
  if (std::floor(number) == number && std::abs(number) <= kLargestExact) return at::Scalar(static_cast<int64_t>(number));
  return at::Scalar(number);
}

template <typename T, typename Convert>
c10::List<T> to_list(const Napi::Value& value, const c10::Argument& argument, Convert convert) {
  c10::List<T> list;
  const Napi::Array array = value.As<Napi::Array>();
  list.reserve(array.Length());
  for (uint32_t i = 0; i < array.Length(); i++) list.push_back(convert(array.Get(i), argument));
  return list;
}

c10::IValue to_optional_tensor_list(const Napi::Array& array) {
  c10::List<c10::optional<at::Tensor>> list;
  for (uint32_t i = 0; i < array.Length(); i++) {
    const Napi::Value item = array.Get(i);
    if (item.IsNull() || item.IsUndefined()) list.push_back(c10::nullopt);
    else list.push_back(unwrap_tensor(item));
  }
  return list;
}

// `int[2] stride = 1` in a schema lets one number stand for the whole list.
c10::IValue to_int_list(const Napi::Value& value, const c10::Argument& argument) {
  if (value.IsNumber() && argument.N())
    return c10::List<int64_t>(std::vector<int64_t>(*argument.N(), to_int(value, argument)));
  if (!value.IsArray()) throw_mismatch(value, argument);
  return to_list<int64_t>(value, argument, to_int);
}

c10::IValue to_list_ivalue(const Napi::Value& value, const c10::Argument& argument, const c10::Type& element) {
  const c10::TypeKind kind = element.kind();
  if (kind == c10::TypeKind::IntType || kind == c10::TypeKind::SymIntType) return to_int_list(value, argument);
  if (!value.IsArray()) throw_mismatch(value, argument);
  switch (kind) {
    case c10::TypeKind::TensorType:
      return to_list<at::Tensor>(value, argument, [](const Napi::Value& v, const c10::Argument&) { return unwrap_tensor(v); });
    case c10::TypeKind::OptionalType:
      return to_optional_tensor_list(value.As<Napi::Array>());
    case c10::TypeKind::FloatType:
      return to_list<double>(value, argument, to_double);
    case c10::TypeKind::BoolType:
      return to_list<bool>(value, argument, to_bool);
    case c10::TypeKind::NumberType:
      return to_list<at::Scalar>(value, argument, to_scalar);
    default:
      throw_mismatch(value, argument);
  }
}

c10::IValue to_ivalue_of_type(const Napi::Value& value, const c10::Argument& argument, const c10::Type& type) {
  switch (type.kind()) {
    case c10::TypeKind::OptionalType:
      if (value.IsNull() || value.IsUndefined()) return c10::IValue();
      return to_ivalue_of_type(value, argument, *type.castRaw<c10::OptionalType>()->getElementType());
    case c10::TypeKind::TensorType:
      if (!is_handle(value)) throw_mismatch(value, argument);
      return unwrap_tensor(value);
    case c10::TypeKind::ListType:
      return to_list_ivalue(value, argument, *type.castRaw<c10::ListType>()->getElementType());
    case c10::TypeKind::NumberType:
      return to_scalar(value, argument);
    case c10::TypeKind::FloatType:
      return to_double(value, argument);
    case c10::TypeKind::BoolType:
      return to_bool(value, argument);
    case c10::TypeKind::StringType:
      if (!value.IsString()) throw_mismatch(value, argument);
      return value.As<Napi::String>().Utf8Value();
    case c10::TypeKind::DeviceObjType:
      if (!value.IsString()) throw_mismatch(value, argument);
      return at::Device(value.As<Napi::String>().Utf8Value());
    case c10::TypeKind::GeneratorType:
      return unwrap_generator(value);
    case c10::TypeKind::IntType:
    case c10::TypeKind::SymIntType:
    case c10::TypeKind::ScalarTypeType:
    case c10::TypeKind::LayoutType:
    case c10::TypeKind::MemoryFormatType:
      return to_int(value, argument);
    default:
      throw_mismatch(value, argument);
  }
}

template <typename Items>
Napi::Value array_from(Napi::Env env, const Items& items) {
  Napi::Array result = Napi::Array::New(env, items.size());
  uint32_t i = 0;
  for (const auto& item : items) result.Set(i++, from_ivalue(env, item));
  return result;
}

Napi::Value number_from(Napi::Env env, const at::Scalar& scalar) {
  if (scalar.isBoolean()) return Napi::Boolean::New(env, scalar.toBool());
  return Napi::Number::New(env, scalar.toDouble());
}

}  // namespace

c10::IValue to_ivalue(const Napi::Value& value, const c10::Argument& argument) {
  return to_ivalue_of_type(value, argument, *argument.type());
}

Napi::Value from_ivalue(Napi::Env env, const c10::IValue& value) {
  if (value.isNone()) return env.Null();
  if (value.isTensor()) return wrap_tensor(env, value.toTensor());
  if (value.isBool()) return Napi::Boolean::New(env, value.toBool());
  if (value.isScalar()) return number_from(env, value.toScalar());
  if (value.isString()) return Napi::String::New(env, value.toStringRef());
  if (value.isDevice()) return Napi::String::New(env, value.toDevice().str());
  if (value.isGenerator()) return wrap_generator(env, value.toGenerator());
  if (value.isTuple()) return array_from(env, value.toTupleRef().elements());
  if (value.isList()) return array_from(env, value.toList().vec());
  throw_torch_error(env, "TYPE", "the operator returned a " + value.tagKind() + ", which has no JavaScript form");
}

at::ScalarType dtype_from_name(Napi::Env env, const std::string& name) {
  for (const Dtype& dtype : kDtypes)
    if (name == dtype.name) return dtype.type;
  throw_torch_error(env, "VALUE", "unknown dtype '" + name + "': float32, float64, float16, bfloat16, int64, int32, int16, "
                                  "int8, uint8, bool, complex64 and complex128 are known");
}

const char* dtype_name(at::ScalarType type) {
  for (const Dtype& dtype : kDtypes)
    if (type == dtype.type) return dtype.name;
  return "unsupported";
}
