// JavaScript values to libtorch's IValue by an operator's schema, and back.
#pragma once

#include <ATen/core/function_schema.h>
#include <ATen/core/ivalue.h>
#include <napi.h>

// Converts one argument. Throws TorchError TYPE naming the argument, the type its schema asks for and what was found.
c10::IValue to_ivalue(const Napi::Value& value, const c10::Argument& argument);

Napi::Value from_ivalue(Napi::Env env, const c10::IValue& value);

// "float32", "int64", … as in PyTorch. Throws TorchError VALUE for another name.
at::ScalarType dtype_from_name(Napi::Env env, const std::string& name);
const char* dtype_name(at::ScalarType dtype);
