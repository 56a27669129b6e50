/** Offsets at which the lines of a text begin. */
export function linesOf(text: string): readonly number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

/** [line, column] of an offset, both 0-based. */
export function positionIn(lines: readonly number[], offset: number): readonly [number, number] {
  let low = 0
  let high = lines.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (lines[middle] <= offset) low = middle
    else high = middle - 1
  }
  return [low, offset - lines[low]]
}
