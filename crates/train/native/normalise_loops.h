// The inner loops of batch normalisation over channels-last data, without any dependency on libtorch.
//
// An array of rows × channels values is seen as rows of `width` values, where `width` is a multiple of the number of
// channels that is long enough to fill vector registers: column i belongs to channel i % channels, and all
// parameters are repeated to that width.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
#define VECTORISED __attribute__((target("avx2,fma")))
#else
#define VECTORISED
#endif
#define INLINE __attribute__((always_inline)) inline
// Without it a lambda is compiled for the baseline processor even inside a VECTORISED function.
#define INLINE_LAMBDA __attribute__((always_inline))

namespace normalise {

// A bfloat16: the upper half of a float.
struct Bf16 {
  uint16_t bits;
};

INLINE float load(float value) { return value; }

INLINE float load(Bf16 value) {
  const uint32_t bits = static_cast<uint32_t>(value.bits) << 16;
  float result;
  std::memcpy(&result, &bits, sizeof result);
  return result;
}

INLINE void store(float& place, float value) { place = value; }

// Rounds to nearest, ties to even; a NaN stays one.
INLINE void store(Bf16& place, float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  const uint32_t rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
  place.bits = static_cast<uint16_t>(value != value ? 0x7FC0 : rounded);
}

// Parameters of the map scale·(x - mean) + offset, one array entry a column.
struct Affine {
  const float *__restrict mean, *__restrict scale, *__restrict offset;

  // Rounded in the same way wherever it is recomputed.
  INLINE float operator()(int64_t column, float centred) const {
    return __builtin_fmaf(scale[column], centred, offset[column]);
  }
};

// Rows after which single-precision sums go into double-precision ones.
constexpr int64_t kRowsPerFlush = 64;

// A stretch of the data: whole rows of `width` values, but for the last one perhaps.
struct Range {
  int64_t begin;
  int64_t end;
  int64_t width;
};

// Calls `body(start, length, flush)` for every row, where `flush` says that sums should be carried over after it.
template <typename Body>
INLINE void for_each_row(const Range& range, Body body) {
  int64_t row = 0;
  for (int64_t start = range.begin; start < range.end; start += range.width) {
    const int64_t length = std::min(range.width, range.end - start);
    const bool last = start + length == range.end;
    body(start, length, last || ++row % kRowsPerFlush == 0);
  }
}

INLINE void carry_over(float* partial, double* sums, int64_t length) {
#pragma omp simd
  for (int64_t i = 0; i < length; ++i) {
    sums[i] += partial[i];
    partial[i] = 0;
  }
}

// Sums of x - shift and of its square, by column; with `Add`, x first becomes x + residual, in place.
// `partial` (zeros) and `sums` hold 2 × width values.
template <bool Add, typename T>
VECTORISED void moments(const Range& range, T* __restrict x, const T* __restrict residual,
                        const float* __restrict shift, float* __restrict partial, double* __restrict sums) {
  float* __restrict squares = partial + range.width;
  for_each_row(range, [&](int64_t start, int64_t length, bool flush) INLINE_LAMBDA {
#pragma omp simd
    for (int64_t i = 0; i < length; ++i) {
      if constexpr (Add) store(x[start + i], load(x[start + i]) + load(residual[start + i]));
      const float difference = load(x[start + i]) - shift[i];
      partial[i] += difference;
      squares[i] += difference * difference;
    }
    if (flush) carry_over(partial, sums, 2 * range.width);
  });
}

// y = scale·(x - mean) + offset, and with `Relu` its positive part. A NaN stays one.
template <bool Relu, typename T>
VECTORISED void apply(const Range& range, const T* x, T* y, const Affine affine) {
  for_each_row(range, [&](int64_t start, int64_t length, bool) INLINE_LAMBDA {
#pragma omp simd
    for (int64_t i = 0; i < length; ++i) {
      const float value = affine(i, load(x[start + i]) - affine.mean[i]);
      store(y[start + i], Relu && value < 0 ? 0 : value);
    }
  });
}

// The gradient before ReLU.
template <bool Relu>
INLINE float masked(float gradient, const Affine& affine, int64_t column, float centred) {
  return Relu && affine(column, centred) <= 0 ? 0 : gradient;
}

// Sums of g and of g·(x - mean), by column, where g is the gradient before ReLU.
template <bool Relu, typename T>
VECTORISED void gradient_sums(const Range& range, const T* __restrict gradient, const T* __restrict x,
                              const Affine affine, float* __restrict partial, double* __restrict sums) {
  float* __restrict products = partial + range.width;
  for_each_row(range, [&](int64_t start, int64_t length, bool flush) INLINE_LAMBDA {
#pragma omp simd
    for (int64_t i = 0; i < length; ++i) {
      const float centred = load(x[start + i]) - affine.mean[i];
      const float g = masked<Relu>(load(gradient[start + i]), affine, i, centred);
      partial[i] += g;
      products[i] += g * centred;
    }
    if (flush) carry_over(partial, sums, 2 * range.width);
  });
}

// scale·g + slope·(x - mean) + level, plus the gradient of the other branch with `Add`; may overwrite `gradient`.
template <bool Relu, bool Add, typename T>
VECTORISED void input_gradient(const Range& range, const T* gradient, const T* __restrict x,
                               const T* __restrict other, T* result, const Affine affine,
                               const float* __restrict slope, const float* __restrict level) {
  for_each_row(range, [&](int64_t start, int64_t length, bool) INLINE_LAMBDA {
#pragma omp simd
    for (int64_t i = 0; i < length; ++i) {
      const float centred = load(x[start + i]) - affine.mean[i];
      const float g = masked<Relu>(load(gradient[start + i]), affine, i, centred);
      float total = affine.scale[i] * g + (slope[i] * centred + level[i]);
      if constexpr (Add) total += load(other[start + i]);
      store(result[start + i], total);
    }
  });
}

}  // namespace normalise
