// The small random generator of bplib/draw.py, to the last bit: FNV-1a turns the token into a seed, mulberry32 goes on.

export function draw(token) {
  let state = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(token)) state = Math.imul(state ^ byte, 0x01000193);
  const bits = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
  const uniform = (low = 0, high = 1) => low + ((high - low) * bits()) / 2 ** 32;
  const whole = (low, high) => low + Math.floor((bits() * (high - low + 1)) / 2 ** 32);
  const pick = (options) => options[whole(0, options.length - 1)];
  // Box and Muller: a radius from one draw, an angle from the next.
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  function shuffled(items) {
    const order = [...items];
    for (let i = order.length - 1; i > 0; i--) {
      const j = whole(0, i);
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  }
  return { bits, uniform, whole, pick, normal, shuffled };
}
