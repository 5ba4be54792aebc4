// Batch normalisation of channels-last data on the CPU, fused with the addition of a residual before it and ReLU after
// it, as an autograd function. Against libtorch's own operations it reads and writes memory about half as often, and it
// adds up in double precision.

#include "normalise_loops.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <vector>

namespace {

using at::Tensor;
using normalise::Range;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr auto kChannelsLast = at::MemoryFormat::ChannelsLast;
// Narrower rows would leave vector registers half empty.
constexpr int64_t kLeastWidth = 32;
// Values a thread should have to itself, and the most parts of a sum. Parts depend on the shape alone, so that the
// number of threads does not change a sum.
constexpr int64_t kLeastPart = 1 << 14;
constexpr int64_t kMostParts = 64;

// How the data is cut into rows and parts.
struct Grid {
  int64_t channels, width, values, parts, part_values;

  explicit Grid(const Tensor& data) : channels(data.size(1)), values(data.numel()) {
    width = channels * std::max<int64_t>(1, kLeastWidth / channels);
    const int64_t rows = (values + width - 1) / width;
    const int64_t wanted = std::clamp<int64_t>(values / kLeastPart, 1, kMostParts);
    part_values = (rows + wanted - 1) / wanted * width;
    parts = (values + part_values - 1) / part_values;
  }

  // What one channel counts.
  double count() const { return static_cast<double>(values / channels); }

  // Calls `body(part, range)` for every part, in parallel.
  template <typename Body>
  void for_each_part(const Body& body) const {
    at::parallel_for(0, parts, 1, [&](int64_t first, int64_t last) {
      for (int64_t part = first; part < last; ++part) {
        const int64_t begin = part * part_values;
        body(part, Range{begin, std::min(begin + part_values, values), width});
      }
    });
  }

  // Adds up two sums by channel that `body(range, partial, sums)` makes by column.
  template <typename Body>
  std::vector<double> sums(const Body& body) const {
    std::vector<double> columns(parts * 2 * width);
    for_each_part([&](int64_t part, const Range& range) {
      std::vector<float> partial(2 * width);
      body(range, partial.data(), columns.data() + part * 2 * width);
    });
    std::vector<double> result(2 * channels);
    for (int64_t i = 0; i < parts * 2 * width; ++i) {
      result[(i / width % 2) * channels + i % width % channels] += columns[i];
    }
    return result;
  }

  // One value a channel, repeated to the width of a row.
  std::vector<float> widen(const float* by_channel) const {
    std::vector<float> result(width);
    for (int64_t i = 0; i < width; ++i) result[i] = by_channel[i % channels];
    return result;
  }
};

// What the backward pass needs of a batch's statistics: rows of a float tensor [4, channels].
enum Row { kMean, kInverseDeviation, kScale, kOffset, kRows };

// Those parameters of a batch norm that its loops take, repeated to the width of a row.
struct WideAffine {
  std::vector<float> mean, scale, offset;

  WideAffine(const Grid& grid, const Tensor& statistics) {
    const float* rows = statistics.data_ptr<float>();
    mean = grid.widen(rows + kMean * grid.channels);
    scale = grid.widen(rows + kScale * grid.channels);
    offset = grid.widen(rows + kOffset * grid.channels);
  }

  normalise::Affine affine() const { return {mean.data(), scale.data(), offset.data()}; }
};

struct Options {
  bool training, relu;
  double momentum, epsilon;
  float *running_mean, *running_var;
};

template <typename Body>
auto with_type(const Tensor& data, const Body& body) {
  if (data.scalar_type() == at::kBFloat16) return body(normalise::Bf16{});
  TORCH_CHECK(data.scalar_type() == at::kFloat, "batch norm takes f32 or bf16, not ", data.scalar_type());
  return body(float{});
}

template <typename T>
T* pointer(const Tensor& data) {
  return data.defined() ? static_cast<T*>(data.data_ptr()) : nullptr;
}

// The batch's moments [mean..., variance...]; adds `residual`, if there is one, to `input`.
template <typename T>
std::vector<double> batch_moments(const Grid& grid, T* input, const T* residual) {
  std::vector<float> first(grid.channels);
  for (int64_t channel = 0; channel < grid.channels; ++channel) {
    first[channel] = normalise::load(input[channel]) + (residual ? normalise::load(residual[channel]) : 0);
  }
  const auto shift = grid.widen(first.data());
  auto moments = grid.sums([&](const Range& range, float* partial, double* sums) {
    if (residual) {
      normalise::moments<true>(range, input, residual, shift.data(), partial, sums);
    } else {
      normalise::moments<false>(range, input, residual, shift.data(), partial, sums);
    }
  });
  for (int64_t channel = 0; channel < grid.channels; ++channel) {
    double& mean = moments[channel];
    double& variance = moments[grid.channels + channel];
    mean /= grid.count();
    variance = std::max(0.0, variance / grid.count() - mean * mean);
    mean += first[channel];
  }
  return moments;
}

void update_running(const Options& options, const Grid& grid, const std::vector<double>& moments) {
  const double unbiased = grid.count() / std::max(1.0, grid.count() - 1);
  const auto blend = [&](float& running, double batch) {
    running = static_cast<float>((1 - options.momentum) * running + options.momentum * batch);
  };
  for (int64_t channel = 0; channel < grid.channels; ++channel) {
    blend(options.running_mean[channel], moments[channel]);
    blend(options.running_var[channel], moments[grid.channels + channel] * unbiased);
  }
}

// The rows of `Row` from mean and variance.
Tensor statistics_rows(const Grid& grid, const std::vector<double>& moments, const Tensor& weight,
                       const Tensor& bias, double epsilon) {
  Tensor result = at::empty({kRows, grid.channels}, at::kFloat);
  float* rows = result.data_ptr<float>();
  const float *gamma = weight.data_ptr<float>(), *beta = bias.data_ptr<float>();
  for (int64_t channel = 0; channel < grid.channels; ++channel) {
    const double mean = moments[channel];
    const double inverse = 1 / std::sqrt(moments[grid.channels + channel] + epsilon);
    const double scale = gamma[channel] * inverse;
    rows[kMean * grid.channels + channel] = static_cast<float>(mean);
    rows[kInverseDeviation * grid.channels + channel] = static_cast<float>(inverse);
    rows[kScale * grid.channels + channel] = static_cast<float>(scale);
    rows[kOffset * grid.channels + channel] = beta[channel];
  }
  return result;
}

std::vector<double> running_moments(const Options& options, int64_t channels) {
  std::vector<double> result(options.running_mean, options.running_mean + channels);
  result.insert(result.end(), options.running_var, options.running_var + channels);
  return result;
}

// Normalises `input` + `residual` (which need not be defined); the sum replaces `input`. Returns the result and the
// statistics.
std::pair<Tensor, Tensor> forward_pass(const Tensor& input, const Tensor& residual, const Tensor& weight,
                                       const Tensor& bias, const Options& options) {
  TORCH_CHECK(input.dim() == 4 && input.is_contiguous(kChannelsLast), "batch norm takes channels-last data");
  TORCH_CHECK(input.numel() > 0, "batch norm of an empty batch");
  const Grid grid(input);
  return with_type(input, [&](auto type) {
    using T = decltype(type);
    T* data = pointer<T>(input);
    std::vector<double> moments;
    if (options.training) {
      moments = batch_moments(grid, data, pointer<T>(residual));
      update_running(options, grid, moments);
    } else {
      if (residual.defined()) input.add_(residual);
      moments = running_moments(options, grid.channels);
    }
    const Tensor statistics = statistics_rows(grid, moments, weight, bias, options.epsilon);
    const WideAffine wide(grid, statistics);
    const Tensor output = at::empty_like(input);
    T* result = pointer<T>(output);
    grid.for_each_part([&](int64_t, const Range& range) {
      if (options.relu) {
        normalise::apply<true>(range, data, result, wide.affine());
      } else {
        normalise::apply<false>(range, data, result, wide.affine());
      }
    });
    return std::make_pair(output, statistics);
  });
}

// The gradients of input, weight and bias. `gradient` is overwritten if nobody else holds it.
template <bool Relu, typename T>
variable_list backward_pass(Tensor gradient, const Tensor& other, const Tensor& input, const Tensor& statistics) {
  const Grid grid(input);
  const auto row = [&](Row row) { return statistics.data_ptr<float>() + row * grid.channels; };
  const WideAffine wide(grid, statistics);
  const T* x = pointer<T>(input);
  const T* dy = pointer<T>(gradient);
  const auto sums = grid.sums([&](const Range& range, float* partial, double* sums) {
    normalise::gradient_sums<Relu>(range, dy, x, wide.affine(), partial, sums);
  });

  Tensor weight_gradient = at::empty({grid.channels}, at::kFloat), bias_gradient = at::empty_like(weight_gradient);
  std::vector<float> slopes(grid.channels), levels(grid.channels);
  for (int64_t channel = 0; channel < grid.channels; ++channel) {
    const double sum = sums[channel], product = sums[grid.channels + channel];
    const double inverse = row(kInverseDeviation)[channel], scale = row(kScale)[channel];
    const double slope = -scale * inverse * inverse * product / grid.count();
    slopes[channel] = static_cast<float>(slope);
    levels[channel] = static_cast<float>(-scale * sum / grid.count());
    weight_gradient.data_ptr<float>()[channel] = static_cast<float>(product * inverse);
    bias_gradient.data_ptr<float>()[channel] = static_cast<float>(sum);
  }

  const auto slope = grid.widen(slopes.data()), level = grid.widen(levels.data());
  const Tensor result = gradient.use_count() == 1 ? gradient : at::empty_like(gradient);
  const T* ds = pointer<T>(other);
  T* dx = pointer<T>(result);
  grid.for_each_part([&](int64_t, const Range& range) {
    if (ds) {
      normalise::input_gradient<Relu, true>(range, dy, x, ds, dx, wide.affine(), slope.data(), level.data());
    } else {
      normalise::input_gradient<Relu, false>(range, dy, x, ds, dx, wide.affine(), slope.data(), level.data());
    }
  });
  return {result, weight_gradient, bias_gradient};
}

// (input, residual?) → (normalised, sum): the sum replaces the input.
struct Normalise : torch::autograd::Function<Normalise> {
  static variable_list forward(AutogradContext* ctx, const Tensor& input, const Tensor& weight, const Tensor& bias,
                               const std::optional<Tensor>& residual, const Options& options) {
    const auto [output, statistics] =
        forward_pass(input, residual.value_or(Tensor()), weight, bias, options);
    ctx->set_materialize_grads(false);
    ctx->save_for_backward({input, statistics});
    ctx->saved_data["relu"] = options.relu;
    if (!residual) return {output};
    ctx->mark_dirty({input});
    return {output, input};
  }

  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    const auto saved = ctx->get_saved_variables();
    const bool relu = ctx->saved_data["relu"].toBool();
    const bool has_residual = gradients.size() == 2;
    Tensor other = has_residual ? gradients[1] : Tensor();
    if (other.defined()) other = other.contiguous(kChannelsLast);
    Tensor gradient = std::move(gradients[0]);
    if (!gradient.defined()) return {other, Tensor(), Tensor(), other, Tensor()};
    if (!gradient.is_contiguous(kChannelsLast)) gradient = gradient.contiguous(kChannelsLast);
    auto result = with_type(gradient, [&](auto type) {
      using T = decltype(type);
      return relu ? backward_pass<true, T>(std::move(gradient), other, saved[0], saved[1])
                  : backward_pass<false, T>(std::move(gradient), other, saved[0], saved[1]);
    });
    return {result[0], result[1], result[2], has_residual ? result[0] : Tensor(), Tensor()};
  }
};

}  // namespace

// `residual` may be null. On success, writes new tensors to `outputs` (the result; with a residual the sum, which is
// `input` itself) and returns null; else returns a message to be freed.
extern "C" char* pipeline_normalise(Tensor** outputs, const Tensor* input, const Tensor* weight, const Tensor* bias,
                                    const Tensor* running_mean, const Tensor* running_var, const Tensor* residual,
                                    bool training, bool relu, double momentum, double epsilon) {
  try {
    const Options options{training, relu, momentum, epsilon, running_mean->data_ptr<float>(),
                          running_var->data_ptr<float>()};
    const auto given = residual ? std::optional<Tensor>(*residual) : std::nullopt;
    variable_list results;
    if (training && at::GradMode::is_enabled()) {
      results = Normalise::apply(*input, *weight, *bias, given, options);
    } else {
      results = {forward_pass(*input, given.value_or(Tensor()), *weight, *bias, options).first, *input};
    }
    for (size_t i = 0; i < (residual ? 2 : 1); ++i) outputs[i] = new Tensor(results[i]);
    return nullptr;
  } catch (const c10::Error& error) {
    return strdup(error.what_without_backtrace());
  } catch (const std::exception& error) {
    return strdup(error.what());
  }
}
