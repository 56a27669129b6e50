import type { WorldReader } from '../core/world.ts'
import { fileId } from '../kernel/file.ts'
import { refTo } from '../kernel/ids.ts'
import { sysctlRef, sysctlValue } from '../kernel/sysctl.ts'
import type { FileRow } from '../kernel/tables.ts'
import { keyOfPath } from './sysctl.ts'
import { type Command, failed, type Line, notModelled, type Place } from './types.ts'

/** cat(1) over the files that programs of the world write and read, and the settings under /proc/sys. */
export const catCommand: Command = {
  name: 'cat',
  usage: 'cat FILE ...',
  run(world, place, args) {
    const flag = args.find((word) => word.startsWith('-') && word !== '--')
    if (flag) return notModelled(flag)
    if (args.length === 0) return failed('not modelled: reading standard input', 2)
    const lines: Line[] = []
    let stderr = ''
    for (const path of args) {
      const found = contents(world, place, path)
      if (typeof found === 'string') stderr += `cat: ${path}: ${found}\n`
      else lines.push(...found)
    }
    return { lines, stderr, exitCode: stderr === '' ? 0 : 1 }
  },
}

/** The file's lines, or why there are none. */
function contents(world: WorldReader, place: Place, path: string): Line[] | string {
  const own = place.files === undefined ? undefined : world.get('file', fileId(place.files, path))
  const file = own ?? world.get('file', fileId(scopeOf(place), path))
  if (file) return linesOf(file)
  if (path === '/proc/sys/net/netfilter/nf_conntrack_count') {
    return [{ text: String(world.by('conntrack', 'netns', place.netns).length) }]
  }
  if (path.startsWith('/proc/sys/')) {
    const key = keyOfPath(path)
    const value = sysctlValue(world, place.netns, key)
    if (value !== undefined) return [{ text: value, ref: sysctlRef(world, place.netns, key) }]
  }
  const folder = path.endsWith('/') ? path : `${path}/`
  if (world.by('file', 'scope', scopeOf(place)).some((row) => row.path.startsWith(folder))) return 'Is a directory'
  return 'No such file or directory'
}

/** A pod has files of its own; whoever is in the machine's netns sees the machine's. */
const scopeOf = ({ host, netns }: Place): string => (netns === host ? host : netns)

function linesOf(file: FileRow): Line[] {
  const ref = refTo('file', file)
  return file.text
    .replace(/\n$/, '')
    .split('\n')
    .map((text) => ({ text, ref }))
}
