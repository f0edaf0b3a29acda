# Sets TORCH_LIBRARIES and TORCH_INCLUDE_DIRS.
#
# libtorch's own CMake package does, but one that was built with CUDA stops where no CUDA toolkit (nvcc) that suits it is
# installed. pip's PyTorch for Linux is such a one, also on machines without a GPU, and nothing here is CUDA code: then
# libtorch is linked without that package. Only what joins cards needs the toolkit: its headers, and NCCL's.
set(TORCH_LIB "${CMAKE_PREFIX_PATH}/lib")
if(EXISTS "${TORCH_LIB}/libtorch_cuda.so")
  find_package(CUDAToolkit QUIET)
  find_path(NCCL_INCLUDE nccl.h HINTS ${CUDAToolkit_INCLUDE_DIRS} ENV NCCL_HOME PATH_SUFFIXES include)
  if(NOT (CUDAToolkit_FOUND AND CUDAToolkit_NVCC_EXECUTABLE AND NCCL_INCLUDE))
    set(WITHOUT_TORCH_PACKAGE ON)
  endif()
endif()
if(NOT WITHOUT_TORCH_PACKAGE)
  find_package(Torch REQUIRED)
  return()
endif()

message(STATUS "No CUDA toolkit with NCCL: libtorch is linked without its CMake package, and cards cannot be joined")
set(TORCH_INCLUDE_DIRS "${CMAKE_PREFIX_PATH}/include" "${CMAKE_PREFIX_PATH}/include/torch/csrc/api/include")
# Builds until 2.6 keep the C++ library's old strings, and say so here alone.
file(STRINGS "${CMAKE_PREFIX_PATH}/share/cmake/Torch/TorchConfig.cmake" TORCH_ABI REGEX "_GLIBCXX_USE_CXX11_ABI=[01]")
string(REGEX MATCH "_GLIBCXX_USE_CXX11_ABI=[01]" TORCH_ABI "${TORCH_ABI}")

add_library(torch_without_package INTERFACE)
target_include_directories(torch_without_package SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
target_compile_definitions(torch_without_package INTERFACE ${TORCH_ABI})
# Nothing names a symbol of torch_cuda, which registers itself when it is loaded: linkers would leave it out.
target_link_libraries(torch_without_package INTERFACE "${TORCH_LIB}/libtorch_cpu.so" "${TORCH_LIB}/libc10.so"
  -Wl,--push-state,--no-as-needed "${TORCH_LIB}/libtorch.so" "${TORCH_LIB}/libtorch_cuda.so" "${TORCH_LIB}/libc10_cuda.so"
  -Wl,--pop-state)
set(TORCH_LIBRARIES torch_without_package)
