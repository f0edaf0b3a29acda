// Memory for large tensors on the CPU. A training step makes and frees hundreds of tensors of many megabytes; malloc maps
// each of them afresh, and the kernel hands out their zeroed pages one fault at a time, which took a quarter of a step's
// time. Here a freed block waits to be used again, and large blocks ask for huge pages. What is held, in use or waiting,
// stays within five quarters of the most that was in use at once: a step's phases want blocks of different sizes. The allocator is the process's, as libtorch's own is.
#include "cpu_allocator.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <c10/util/Exception.h>

#ifdef __linux__
#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

namespace {

constexpr size_t kPage = 4096;
constexpr size_t kHugePage = size_t{2} << 20;
constexpr size_t kLeast = size_t{256} << 10;  // smaller ones are malloc's
constexpr size_t kAlignment = 64;

size_t rounded_up(size_t bytes, size_t multiple) { return (bytes + multiple - 1) / multiple * multiple; }

// Sizes in steps of an eighth, so that batches of like length share blocks.
size_t block_size(size_t bytes) {
  size_t step = kPage;
  while (step * 16 < bytes) step *= 2;
  return rounded_up(bytes, step);
}

struct Block {
  void* data;
  size_t bytes;
};

class BlockCache {
 public:
  void* take(size_t bytes) {
    const size_t size = block_size(bytes);
    const std::lock_guard<std::mutex> lock(mutex_);
    const Block block = waiting_block(size);
    Block taken = block.data != nullptr ? block : Block{map(size), size};
    used_.emplace(taken.data, taken.bytes);
    used_bytes_ += taken.bytes;
    most_used_bytes_ = std::max(most_used_bytes_, used_bytes_);
    while (!waiting_.empty() && used_bytes_ + waiting_bytes_ > most_used_bytes_ / 4 * 5) unmap_oldest();
    return taken.data;
  }

  // Whether the block was one of this cache's.
  bool give_back(void* data) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = used_.find(data);
    if (found == used_.end()) return false;
    waiting_.push_back({data, found->second});
    waiting_bytes_ += found->second;
    used_bytes_ -= found->second;
    used_.erase(found);
    return true;
  }

 private:
  // The tightest that fits, and of those the newest, as it is the likeliest to be in the processor's cache; none that
  // wastes more than an eighth.
  Block waiting_block(size_t size) {
    auto best = waiting_.end();
    for (auto it = waiting_.begin(); it != waiting_.end(); ++it)
      if (it->bytes >= size && it->bytes <= size + size / 8 && (best == waiting_.end() || it->bytes <= best->bytes))
        best = it;
    if (best == waiting_.end()) return {nullptr, 0};
    const Block block = *best;
    waiting_.erase(best);
    waiting_bytes_ -= block.bytes;
    return block;
  }

  // Mapped with room to spare, cut at the next border of a huge page.
  static void* map(size_t size) {
    const bool huge = size >= kHugePage;
    const size_t wanted = huge ? size + kHugePage : size;
    void* const mapped = mmap(nullptr, wanted, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    TORCH_CHECK(mapped != MAP_FAILED, "can't allocate memory: you tried to allocate ", size, " bytes");
    if (!huge) return mapped;
    char* const begin = static_cast<char*>(mapped);
    const size_t before = rounded_up(reinterpret_cast<size_t>(begin), kHugePage) - reinterpret_cast<size_t>(begin);
    if (before > 0) munmap(begin, before);
    if (before < kHugePage) munmap(begin + before + size, kHugePage - before);
    madvise(begin + before, size, MADV_HUGEPAGE);
    return begin + before;
  }

  void unmap_oldest() {
    const Block block = waiting_.front();
    waiting_.erase(waiting_.begin());
    waiting_bytes_ -= block.bytes;
    munmap(block.data, block.bytes);
  }

  std::mutex mutex_;
  std::unordered_map<void*, size_t> used_;
  std::vector<Block> waiting_;  // oldest first
  size_t used_bytes_ = 0, waiting_bytes_ = 0, most_used_bytes_ = 0;
};

// Never destroyed: tensors may outlive every static.
BlockCache& cache() {
  static BlockCache* const blocks = new BlockCache;
  return *blocks;
}

void release(void* data) {
  if (data != nullptr && !cache().give_back(data)) std::free(data);
}

// libtorch's versions differ in what is virtual and what is const: whichever of these its base class declares is overridden.
class CachingAllocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) const {
    void* const data = bytes >= kLeast ? cache().take(bytes) : allocate_small(bytes);
    return {data, data, &release, c10::Device(c10::DeviceType::CPU)};
  }
  c10::DataPtr allocate(size_t bytes) { return std::as_const(*this).allocate(bytes); }
  void copy_data(void* to, const void* from, size_t bytes) const { std::memcpy(to, from, bytes); }
  c10::DeleterFnPtr raw_deleter() const override { return &release; }

 private:
  static void* allocate_small(size_t bytes) {
    void* data = nullptr;
    if (bytes == 0) return data;
    const int error = posix_memalign(&data, kAlignment, bytes);
    TORCH_CHECK(error == 0, "can't allocate memory: you tried to allocate ", bytes, " bytes");
    return data;
  }
};

}  // namespace

void use_caching_allocator() {
  static CachingAllocator* const allocator = new CachingAllocator;
  c10::SetCPUAllocator(allocator, 1);  // above libtorch's own, which has priority 0
}
#else
void use_caching_allocator() {}
#endif
