import { DEFAULT, LOCAL, MAIN } from '../../kernel/fib/route-row.ts'

/** Names of /etc/iproute2/rt_tables. */
const NAMES: readonly (readonly [number, string])[] = [
  [LOCAL, 'local'],
  [MAIN, 'main'],
  [DEFAULT, 'default'],
]

export function tableName(table: number): string {
  return NAMES.find(([number]) => number === table)?.[1] ?? String(table)
}

export function tableNumber(name: string): number | undefined {
  const known = NAMES.find(([, text]) => text === name)
  if (known) return known[0]
  return /^\d+$/.test(name) ? Number(name) : undefined
}
