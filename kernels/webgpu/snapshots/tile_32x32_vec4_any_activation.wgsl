struct Parameters { m: u32, n: u32, k: u32, stride_a: u32, stride_b: u32, tiles_n: u32, tiles: u32, chunk: u32, bias: u32, accumulate: u32, activation: u32, stride_y: u32 }
@group(0) @binding(0) var<uniform> p: Parameters;
@group(0) @binding(1) var<storage, read> a: array<vec4f>;
@group(0) @binding(2) var<storage, read> b: array<vec4f>;
@group(0) @binding(3) var<storage, read> bias: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4f>;

fn load_a(row: u32, col: u32) -> vec4f {
  if (row >= p.m || col >= p.k) { return vec4f(); }
  return a[(row * p.stride_a + col) >> 2u];
}
fn load_b(row: u32, col: u32) -> vec4f {
  if (row >= p.k || col >= p.n) { return vec4f(); }
  return b[(row * p.stride_b + col) >> 2u];
}
struct Reduced { n: vec4i, p: vec4f }

// e^(x + low) = 2^n (1 + p), for |x| <= 200; low is small.
fn reduced(x: vec4f, low: vec4f) -> Reduced {
  let n = round(x * 1.4426950216293335);
  // ln 2 in two parts, the first of 16 bits, so that its multiples are exact.
  let r = ((x - n * 0.693145751953125) - n * 1.4286067653e-6) + low;
  return Reduced(vec4i(n), r + r * r * (((((0.00019841270113829523 * r + 0.0013888889225199819) * r + 0.008333333767950535) * r + 0.0416666679084301) * r + 0.1666666716337204) * r + 0.5));
}

fn power_of_two(n: vec4i) -> vec4f {
  return bitcast<vec4f>((n + vec4i(127)) << vec4u(23u));
}

// f e^(x + low), scaled in two steps, so that it is flushed to 0 only where the result itself is too small.
fn scaled_exp(f: vec4f, x: vec4f, low: vec4f) -> vec4f {
  let e = reduced(clamp(x, vec4f(-160.0), vec4f(100.0)), low);
  let half = e.n >> vec4u(1u);
  let s = f * power_of_two(half);
  return (s + s * e.p) * power_of_two(e.n - half);
}

fn exp_of(x: vec4f) -> vec4f {
  return scaled_exp(vec4f(1.0), x, vec4f());
}

// e^x - 1 for x <= 0, to full relative accuracy near 0.
fn exp_less_one(x: vec4f) -> vec4f {
  let e = reduced(max(x, vec4f(-40.0)), vec4f());
  let s = power_of_two(e.n);
  return s * e.p + (s - vec4f(1.0));
}

// log(1 + x) for x in [0, 1]: 2 atanh(x/(2 + x)).
fn log_one_plus(x: vec4f) -> vec4f {
  let s = x / (x + vec4f(2.0));
  let q = s * s;
  let series = s * (((((((0.13333334028720856 * q + 0.1538461595773697) * q + 0.1818181872367859) * q + 0.2222222238779068) * q + 0.2857142984867096) * q + 0.4000000059604645) * q + 0.6666666865348816) * q + 2.0);
  return select(series, x * (vec4f(1.0) - x * (vec4f(0.5) - x * 0.33333334)), x < vec4f(1e-3));
}

// The upper 12 bits of the mantissa: two such multiply exactly.
fn upper(x: vec4f) -> vec4f {
  return bitcast<vec4f>(bitcast<vec4u>(x) & vec4u(0xfffff000u));
}

// f e^(-a²/2) for a in [0, 20].
fn scaled_density(f: vec4f, a: vec4f) -> vec4f {
  let high = upper(a);
  let low = a - high;
  return scaled_exp(f, -0.5 * high * high, -0.5 * low * (a + high));
}

// f Φ(-a) for a in [0, 20]: e^(-w²) t Q(t)/2 with w = a/√2 and t = 1/(1 + w/2).
fn scaled_tail(f: vec4f, a: vec4f) -> vec4f {
  let t = vec4f(1.0) / (vec4f(1.0) + a * 0.3535533845424652);
  let s = t * 2.3636362552642822 - vec4f(1.3636363744735718);
  let q = ((((((((((((-2.5430864525333163e-7 * s + -0.000002334431883355137) * s + 0.000007030898814264219) * s + 0.000012884312127425801) * s + -0.00007680275302845985) * s + 0.000008455450370092876) * s + 0.0006530269747599959) * s + -0.0007257387624122202) * s + -0.006488965358585119) * s + 0.006636759266257286) * s + 0.10490060597658157) * s + 0.32805803418159485) * s + 0.5670173168182373);
  return scaled_density(f * 0.5 * t * q, a);
}

// f e^(-(αa + βa³)) for a in [0, 12], the argument in two parts: it is as large as 88 where the result is not yet 0.
fn scaled_gate(f: vec4f, a: vec4f) -> vec4f {
  let high = upper(a);
  let low = a - high;
  let square = upper(a * a);
  let rest = (high * high - square) + low * (a + high);
  let cubic = square * 18.265625;
  let slope_high = floor(cubic) * 0.00390625 + vec4f(1.59375);
  let slope_low = fract(cubic) * 0.00390625 + (rest * 0.07135481387376785 + (square * 0.000004718616310128709 + vec4f(0.0020191215444356203)));
  return scaled_exp(f, -(slope_high * high), -(slope_high * low + slope_low * a));
}

fn relu_of(z: vec4f) -> vec4f {
  return max(z, vec4f());
}

fn sigmoid_of(z: vec4f) -> vec4f {
  let e = exp_of(-abs(z));
  return select(e, vec4f(1.0), z >= vec4f()) / (e + vec4f(1.0));
}

fn tanh_of(z: vec4f) -> vec4f {
  let e = exp_less_one(-2.0 * min(abs(z), vec4f(20.0)));
  let size = -e / (e + vec4f(2.0));
  return select(size, -size, z < vec4f());
}

fn gelu_of(z: vec4f) -> vec4f {
  let a = min(abs(z), vec4f(20.0));
  return max(z, vec4f()) - scaled_tail(a, a);
}

fn gelu_tanh_of(z: vec4f) -> vec4f {
  let a = min(abs(z), vec4f(12.0));
  return max(z, vec4f()) - scaled_gate(a, a) / (scaled_gate(vec4f(1.0), a) + vec4f(1.0));
}

fn exponential_of(z: vec4f) -> vec4f {
  return exp_of(z);
}

fn elu_of(z: vec4f) -> vec4f {
  return select(z, exp_less_one(min(z, vec4f())), z < vec4f());
}

fn selu_of(z: vec4f) -> vec4f {
  let negative = exp_less_one(min(z, vec4f())) * 1.7580993175506592;
  return select(z * 1.0507010221481323, negative, z < vec4f());
}

fn softplus_of(z: vec4f) -> vec4f {
  return max(z, vec4f()) + log_one_plus(exp_of(-abs(z)));
}

fn silu_of(z: vec4f) -> vec4f {
  let a = min(abs(z), vec4f(150.0));
  return max(z, vec4f()) - scaled_exp(a, -a, vec4f()) / (exp_of(-a) + vec4f(1.0));
}

fn mish_of(z: vec4f) -> vec4f {
  let e = exp_of(min(z, vec4f(30.0)));
  let w = e * (e + vec4f(2.0));
  let tail = max(z, vec4f(-150.0));
  return select(z * (w / (w + vec4f(2.0))), scaled_exp(tail, tail, vec4f()), z < vec4f(-17.0));
}

fn activation(z: vec4f) -> vec4f {
  switch p.activation {
    case 1u: { return relu_of(z); }
    case 2u: { return sigmoid_of(z); }
    case 3u: { return tanh_of(z); }
    case 4u: { return gelu_of(z); }
    case 5u: { return gelu_tanh_of(z); }
    case 6u: { return exponential_of(z); }
    case 7u: { return elu_of(z); }
    case 8u: { return selu_of(z); }
    case 9u: { return softplus_of(z); }
    case 10u: { return silu_of(z); }
    case 11u: { return mish_of(z); }
    default: { return z; }
  }
}

fn finish(row: u32, col: u32, sum: vec4f) {
  if (row >= p.m || col >= p.n) { return; }
  let at = row * p.stride_y + col;
  var value = sum;
  if (p.bias == 1u) { value += bias[col >> 2u]; }
  if (p.bias == 2u) { value += vec4f(bias[0].x); }
  if (p.accumulate != 0u) { value += y[at >> 2u]; }
  value = activation(value);
  y[at >> 2u] = value;
}

var<workgroup> tile_a: array<vec4f, 128>;
var<workgroup> tile_b: array<vec4f, 128>;

@compute @workgroup_size(8, 8)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = group.x + group.y * groups.x;
  if (index >= p.tiles) { return; }
  let row0 = index / p.tiles_n * 32u;
  let col0 = index % p.tiles_n * 32u;
  let first = group.z * p.chunk;
  let last = min(p.k, first + p.chunk);
  var acc0_0 = vec4f();
  var acc1_0 = vec4f();
  var acc2_0 = vec4f();
  var acc3_0 = vec4f();
  for (var k0 = first; k0 < last; k0 += 16u) {
    {
      let at = lane + 0u;
      tile_a[at] = load_a(row0 + at / 4u, k0 + at % 4u * 4u);
    }
    {
      let at = lane + 64u;
      tile_a[at] = load_a(row0 + at / 4u, k0 + at % 4u * 4u);
    }
    {
      let at = lane + 0u;
      tile_b[at] = load_b(k0 + at / 8u, col0 + at % 8u * 4u);
    }
    {
      let at = lane + 64u;
      tile_b[at] = load_b(k0 + at / 8u, col0 + at % 8u * 4u);
    }
    workgroupBarrier();
    for (var k = 0u; k < 16u; k += 4u) {
      {
        let a0 = tile_a[(local.y * 4u + 0u) * 4u + 0u + (k >> 2u)];
        let a1 = tile_a[(local.y * 4u + 1u) * 4u + 0u + (k >> 2u)];
        let a2 = tile_a[(local.y * 4u + 2u) * 4u + 0u + (k >> 2u)];
        let a3 = tile_a[(local.y * 4u + 3u) * 4u + 0u + (k >> 2u)];
        {
          let b0 = tile_b[0u + k * 8u + local.x + 0u];
          acc0_0 = fma(vec4f(a0.x), b0, acc0_0);
          acc1_0 = fma(vec4f(a1.x), b0, acc1_0);
          acc2_0 = fma(vec4f(a2.x), b0, acc2_0);
          acc3_0 = fma(vec4f(a3.x), b0, acc3_0);
        }
        {
          let b0 = tile_b[8u + k * 8u + local.x + 0u];
          acc0_0 = fma(vec4f(a0.y), b0, acc0_0);
          acc1_0 = fma(vec4f(a1.y), b0, acc1_0);
          acc2_0 = fma(vec4f(a2.y), b0, acc2_0);
          acc3_0 = fma(vec4f(a3.y), b0, acc3_0);
        }
        {
          let b0 = tile_b[16u + k * 8u + local.x + 0u];
          acc0_0 = fma(vec4f(a0.z), b0, acc0_0);
          acc1_0 = fma(vec4f(a1.z), b0, acc1_0);
          acc2_0 = fma(vec4f(a2.z), b0, acc2_0);
          acc3_0 = fma(vec4f(a3.z), b0, acc3_0);
        }
        {
          let b0 = tile_b[24u + k * 8u + local.x + 0u];
          acc0_0 = fma(vec4f(a0.w), b0, acc0_0);
          acc1_0 = fma(vec4f(a1.w), b0, acc1_0);
          acc2_0 = fma(vec4f(a2.w), b0, acc2_0);
          acc3_0 = fma(vec4f(a3.w), b0, acc3_0);
        }
      }
    }
    workgroupBarrier();
  }
  var sums = array(acc0_0, acc1_0, acc2_0, acc3_0);
  for (var i = 0u; i < 4u; i++) {
    finish(row0 + local.y * 4u + i / 1u, col0 + (local.x + i % 1u * 8u) * 4u, sums[i]);
  }
}
