// Memory for large tensors on the CPU. A training step makes and frees hundreds of tensors of many megabytes; malloc maps
// each of them afresh, and the kernel hands out their zeroed pages one fault at a time, which took a quarter of a step's
// time. Here they are cut from chunks on huge pages, the tightest free span first, and a span that is freed joins those
// beside it: batches of any length find room in what the ones before them left. Pages that are held, in use or waiting,
// stay within five quarters of the most that was in use at once, but for gaps smaller than a huge page. The allocator is the
// process's, as libtorch's own is.
#include "cpu_allocator.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <c10/util/Exception.h>

#ifdef __linux__
#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <map>
#include <mutex>
#include <set>
#include <utility>

namespace {

constexpr size_t kPage = 4096;
constexpr size_t kHugePage = size_t{2} << 20;
constexpr size_t kChunk = size_t{1} << 30;    // of addresses: only what is written to takes memory
constexpr size_t kLeast = size_t{256} << 10;  // smaller ones are malloc's
constexpr size_t kAlignment = 64;

size_t rounded_up(size_t bytes, size_t multiple) { return (bytes + multiple - 1) / multiple * multiple; }

// How far the next border of a huge page is.
size_t to_huge_page(const char* address) { return -reinterpret_cast<uintptr_t>(address) % kHugePage; }

// A part of a chunk, in use or free.
struct Span {
  size_t bytes;
  size_t held;  // of them, those that may have pages: at most what was ever written to
  bool begins_chunk;
  bool is_free;
};

class Arena {
 public:
  void* take(size_t bytes) {
    const size_t size = rounded_up(bytes, kPage);
    const std::lock_guard<std::mutex> lock(mutex_);
    // Of equally tight ones the lowest, so that what is free gathers at the chunk's end.
    auto tightest = free_.lower_bound({size, nullptr});
    if (tightest == free_.end()) tightest = map_chunk(size);
    const auto taken = spans_.find(tightest->second);
    free_.erase(tightest);
    Span& span = taken->second;
    const size_t rest = span.bytes - size;
    const size_t held_of_rest = std::min(span.held, rest);
    if (rest > 0) {
      spans_.emplace(taken->first + size, Span{rest, held_of_rest, false, true});
      free_.emplace(rest, taken->first + size);
    }
    held_bytes_ += size + held_of_rest - span.held;
    span = {size, size, span.begins_chunk, false};
    used_bytes_ += size;
    most_used_bytes_ = std::max(most_used_bytes_, used_bytes_);
    release_pages();
    return taken->first;
  }

  // Whether it was this arena's.
  bool give_back(void* data) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = spans_.find(static_cast<char*>(data));
    if (found == spans_.end()) return false;
    used_bytes_ -= found->second.bytes;
    found->second.is_free = true;
    auto joined = found;
    if (!found->second.begins_chunk && std::prev(found)->second.is_free) joined = join(std::prev(found), found);
    const auto next = std::next(joined);
    if (next != spans_.end() && next->second.is_free && !next->second.begins_chunk) joined = join(joined, next);
    free_.emplace(joined->second.bytes, joined->first);
    return true;
  }

 private:
  using Spans = std::map<char*, Span>;
  using Free = std::set<std::pair<size_t, char*>>;  // by size, then address

  // Two neighbours to one span, which is not yet among the free.
  Spans::iterator join(Spans::iterator left, Spans::iterator right) {
    for (const auto& each : {left, right}) free_.erase({each->second.bytes, each->first});
    left->second.bytes += right->second.bytes;
    left->second.held += right->second.held;
    spans_.erase(right);
    return left;
  }

  // A chunk of at least so many bytes, on the border of a huge page.
  Free::iterator map_chunk(size_t least) {
    size_t size = std::max(kChunk, rounded_up(least, kHugePage));
    void* mapped = map(size + kHugePage);
    if (mapped == MAP_FAILED) {  // addresses are scarce, too
      size = rounded_up(least, kHugePage);
      mapped = map(size + kHugePage);
    }
    TORCH_CHECK(mapped != MAP_FAILED, "can't allocate memory: you tried to allocate ", least, " bytes");
    char* const begin = static_cast<char*>(mapped);
    char* const data = begin + to_huge_page(begin);
    if (data > begin) munmap(begin, data - begin);
    if (data < begin + kHugePage) munmap(data + size, begin + kHugePage - data);
    madvise(data, size, MADV_HUGEPAGE);
    spans_.emplace(data, Span{size, 0, true, true});
    return free_.emplace(size, data).first;
  }

  // Reserved, so that what the machine has no memory for is refused here, and does not kill the process when it is written to.
  static void* map(size_t size) {
    return mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  }

  // Where more is held than may be: whole huge pages, the largest free spans' first.
  void release_pages() {
    const size_t most_held = most_used_bytes_ / 4 * 5;
    for (auto it = free_.rbegin(); held_bytes_ > most_held && it != free_.rend() && it->first >= kHugePage; ++it) {
      char* const data = it->second;
      Span& span = spans_.find(data)->second;
      const size_t before = to_huge_page(data);
      if (span.bytes < before + kHugePage) continue;
      const size_t whole = (span.bytes - before) / kHugePage * kHugePage;
      const size_t left = std::min(span.held, span.bytes - whole);
      if (left == span.held) continue;
      madvise(data + before, whole, MADV_DONTNEED);
      held_bytes_ -= span.held - left;
      span.held = left;
    }
  }

  std::mutex mutex_;
  Spans spans_;
  Free free_;
  size_t held_bytes_ = 0, used_bytes_ = 0, most_used_bytes_ = 0;
};

// Never destroyed: tensors may outlive every static.
Arena& arena() {
  static Arena* const instance = new Arena;
  return *instance;
}

void release(void* data) {
  if (data != nullptr && !arena().give_back(data)) std::free(data);
}

// libtorch's versions differ in what is virtual and what is const: whichever of these its base class declares is overridden.
class ArenaAllocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) const {
    void* const data = bytes >= kLeast ? arena().take(bytes) : allocate_small(bytes);
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
  static ArenaAllocator* const allocator = new ArenaAllocator;
  c10::SetCPUAllocator(allocator, 1);  // above libtorch's own, which has priority 0
}
#else
void use_caching_allocator() {}
#endif
