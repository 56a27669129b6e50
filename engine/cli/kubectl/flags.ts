import { err, ok, type Result } from '../../core/result.ts'

/** What kubectl was asked: words in order, and flags. */
export interface Flags {
  readonly words: readonly string[]
  readonly namespace?: string
  readonly allNamespaces: boolean
  readonly output?: string
  readonly selector?: string
  readonly showLabels: boolean
  readonly noHeaders: boolean
  readonly showKind: boolean
  readonly ignoreNotFound: boolean
  readonly fieldSelector?: string
  readonly labelColumns: readonly string[]
  readonly sortBy?: string
  /** A cluster of the world by its name. */
  readonly context?: string
}

const WITH_VALUE: Readonly<Record<string, keyof Flags>> = {
  '-n': 'namespace',
  '--namespace': 'namespace',
  '-o': 'output',
  '--output': 'output',
  '-l': 'selector',
  '--selector': 'selector',
  '-L': 'labelColumns',
  '--label-columns': 'labelColumns',
  '--field-selector': 'fieldSelector',
  '--sort-by': 'sortBy',
  '--context': 'context',
  '--cluster': 'context',
}

const SWITCHES: Readonly<Record<string, keyof Flags | undefined>> = {
  '-A': 'allNamespaces',
  '--all-namespaces': 'allNamespaces',
  '--show-labels': 'showLabels',
  '--no-headers': 'noHeaders',
  '--show-kind': 'showKind',
  '--ignore-not-found': 'ignoreNotFound',
}

/** Flags that change nothing here. */
const IGNORED = ['-w', '--watch', '--show-managed-fields', '--show-events', '-R', '--recursive', '--server-print']

/** Reads flags as pflag does: `-n x`, `-nx`, `--namespace x`, `--namespace=x`, anywhere among the words. */
export function readFlags(command: string, args: readonly string[]): Result<Flags, string> {
  const words: string[] = []
  const flags: Record<string, unknown> = {
    allNamespaces: false,
    showLabels: false,
    noHeaders: false,
    showKind: false,
    ignoreNotFound: false,
    labelColumns: [],
  }
  const help = `See 'kubectl ${command} --help' for usage.`
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]
    if (arg === '--') {
      words.push(...args.slice(i + 1))
      break
    }
    if (!arg.startsWith('-') || arg === '-') {
      words.push(arg)
      continue
    }
    const [name, attached] = splitFlag(arg)
    const key = WITH_VALUE[name]
    if (key) {
      const value = attached ?? args[++i]
      if (value === undefined) {
        const what = name.startsWith('--')
          ? `flag needs an argument: ${name}`
          : `flag needs an argument: '${name.slice(1)}' in ${name}`
        return err(`error: ${what}\n${help}`)
      }
      flags[key] = key === 'labelColumns' ? value.split(',') : value
    } else if (SWITCHES[name]) flags[SWITCHES[name]] = attached !== 'false'
    else if (!IGNORED.includes(name)) {
      const what = name.startsWith('--') ? `unknown flag: ${name}` : `unknown shorthand flag: '${name[1]}' in ${arg}`
      return err(`error: ${what}\n${help}`)
    }
  }
  return ok({ ...flags, words } as unknown as Flags) // every key was set above, under its own type
}

function splitFlag(arg: string): [string, string | undefined] {
  if (arg.startsWith('--')) {
    const equals = arg.indexOf('=')
    return equals < 0 ? [arg, undefined] : [arg.slice(0, equals), arg.slice(equals + 1)]
  }
  if (arg.length === 2) return [arg, undefined]
  const rest = arg.slice(2)
  return [arg.slice(0, 2), rest.startsWith('=') ? rest.slice(1) : rest]
}
