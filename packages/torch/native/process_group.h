// A group of processes as other topic files need it. Nothing is declared where libtorch or the machine has no Gloo.
#pragma once

#ifdef USE_C10D_GLOO

#include <torch/csrc/api/include/torch/version.h>
#if TORCH_VERSION_MAJOR >= 2
#include <torch/csrc/distributed/c10d/Backend.hpp>
using CollectiveBackend = c10d::Backend;
#else
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
using CollectiveBackend = c10d::ProcessGroup;
#endif

#include "addon.h"
#include "handles.h"

using ProcessGroup = c10::intrusive_ptr<CollectiveBackend>;

ProcessGroup unwrap_group(const Napi::Value& value);

// Throws what a collective operation failed with: TIMEOUT, PEER_LOST, or libtorch's own error.
[[noreturn]] void throw_collective_error(Napi::Env env, const std::exception& error);

#endif
