// Gives libtorch our allocator for tensors on the CPU; where it has it already, nothing happens.
#pragma once

void use_caching_allocator();
