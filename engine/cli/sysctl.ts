import type { WorldReader } from '../core/world.ts'
import { CONF4, CONF6, confKey, DEFAULTS, keyName, sysctlRef, sysctlValue } from '../kernel/sysctl.ts'
import { type Command, failed, type Line, notModelled, type Output } from './types.ts'

/** sysctl(8) of procps-ng 4.0, as far as it reads. */
export const sysctlCommand: Command = {
  name: 'sysctl',
  usage: 'sysctl [-n] [-N] [-e] KEY ... | sysctl -a',
  run(world, place, args): Output {
    const flags = args.filter((word) => word.startsWith('-'))
    const keys = args.filter((word) => !word.startsWith('-'))
    const unknown = flags.find((flag) => !KNOWN.includes(flag))
    if (unknown) return notModelled(unknown)
    const written = keys.find((key) => key.includes('='))
    if (written) return notModelled(`sysctl -w ${written}`)
    const all = flags.some((flag) => flag === '-a' || flag === '--all' || flag === '-A')
    if (keys.length === 0 && !all)
      return failed("sysctl: no variables specified\nTry `sysctl --help' for more information.", 1)
    const has = (short: string, long: string) => flags.includes(short) || flags.includes(long)
    const show = has('-n', '--values') ? 'value' : has('-N', '--names') ? 'name' : 'both'
    const lines: Line[] = []
    let stderr = ''
    for (const asked of all ? allKeys(world, place.netns) : keys) {
      const key = canonical(asked)
      const value = sysctlValue(world, place.netns, key)
      if (value === undefined) {
        if (!has('-e', '--ignore')) stderr += `sysctl: cannot stat ${procPath(key)}: No such file or directory\n`
        continue
      }
      const text = show === 'value' ? value : show === 'name' ? key : `${key} = ${value}`
      lines.push({ text, ref: sysctlRef(world, place.netns, key) })
    }
    return { lines, stderr, exitCode: stderr === '' ? 0 : 1 }
  },
}

const KNOWN = ['-a', '--all', '-A', '-n', '--values', '-N', '--names', '-e', '--ignore']

/** `net/ipv4/conf/flannel.1/rp_filter` and `net.ipv4.conf.flannel/1.rp_filter` name the same setting: the first separator decides. */
function canonical(key: string): string {
  const slash = key.indexOf('/')
  const dot = key.indexOf('.')
  if (slash < 0 || (dot >= 0 && dot < slash)) return key
  return key.split('/').map(keyName).join('.')
}

/** The file behind a key: dots are slashes, slashes dots. */
export function procPath(key: string): string {
  return `/proc/sys/${key
    .split('.')
    .map((part) => part.replaceAll('/', '.'))
    .join('/')}`
}

/** The key behind a file of /proc/sys. */
export function keyOfPath(path: string): string {
  return path.slice('/proc/sys/'.length).split('/').map(keyName).join('.')
}

/** Every setting that this netns has, in the order of the files. */
function allKeys(world: WorldReader, netns: string): string[] {
  const devices = ['all', 'default', ...world.by('link', 'netns', netns).map((link) => link.name)]
  const keys = new Set([...Object.keys(DEFAULTS), ...world.by('sysctl', 'netns', netns).map((row) => row.key)])
  for (const device of devices) {
    for (const name of Object.keys(CONF4)) keys.add(confKey('ipv4', device, name))
    for (const name of Object.keys(CONF6)) keys.add(confKey('ipv6', device, name))
  }
  return [...keys].sort((a, b) => (procPath(a) < procPath(b) ? -1 : 1))
}
