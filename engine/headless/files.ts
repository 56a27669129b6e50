import { REASONS } from '../kernel/trace/reasons.ts'
import type { SourceFile } from '../protocol.ts'
import { diagnosticsOf, loadScenario, type Running } from '../scenario.ts'
import { askMatrix } from './matrix.ts'
import { traceRequest } from './trace.ts'

export interface Outcome {
  readonly text: string
  readonly stderr: string
  readonly exitCode: 0 | 1 | 2
}

type Read = (path: string) => string

const USAGE = `usage: sim FILE.yaml ...          run a scenario with its Traffic and print the traces
       sim diff A.yaml B.yaml     print what changes in reachability
       sim --reasons              print every reason a packet can die for
       sim                        read JSON lines on standard input
`

/** The command line of `npm run sim`: everything but the JSON lines. Exit 0: expectations hold or nothing differs; 1: not; 2: unreadable. */
export function runFiles(args: readonly string[], read: Read): Outcome {
  if (args[0] === '--help' || args[0] === '-h') return { text: USAGE, stderr: '', exitCode: 0 }
  if (args[0] === '--reasons') return { text: reasons(), stderr: '', exitCode: 0 }
  if (args[0] === 'diff') return args.length === 3 ? diff(args[1], args[2], read) : unreadable(USAGE)
  const unknown = args.find((arg) => arg.startsWith('-'))
  return unknown ? unreadable(`unknown option ${unknown}\n${USAGE}`) : run(args, read)
}

function run(paths: readonly string[], read: Read): Outcome {
  const opened = open(paths, read)
  if ('exitCode' in opened) return opened
  const { running, stderr } = opened
  const lines: string[] = []
  let held = true
  for (const traffic of running.scenario.traffic) {
    const { name } = traffic.metadata
    const { expect, ...request } = traffic.spec ?? {}
    const answer = traceRequest(running.sim, request)
    if ('error' in answer) {
      lines.push(`${name}: ${answer.error.message}`)
      held = false
      continue
    }
    const verdict = `${answer.verdict}${answer.reason ? ` (${answer.reason})` : ''}`
    const wanted = typeof expect === 'string' ? expect : expect?.verdict
    const met = wanted === undefined || wanted === answer.verdict
    held &&= met
    lines.push(
      `${name}: ${request.from} -> ${request.to}${request.port ? `:${request.port}` : ''}: ${verdict}${met ? '' : `, expected ${wanted}`}`,
    )
    for (const step of answer.steps) {
      lines.push(`  ${step.netns}${step.dev ? ` ${step.dev}` : ''}  ${step.stage}  ${step.action}: ${step.detail}`)
      if (step.decidedBy) lines.push(`      by ${step.decidedBy.text}${causeText(step.decidedBy.cause)}`)
    }
  }
  return { text: lines.map((line) => `${line}\n`).join(''), stderr, exitCode: held ? 0 : 1 }
}

function causeText(
  cause:
    | { kind: string; namespace?: string; name: string; file: string | null; line: number | null }
    | null
    | undefined,
): string {
  if (!cause) return ''
  return `  <- ${cause.kind} ${cause.namespace ? `${cause.namespace}/` : ''}${cause.name}${cause.file ? ` ${cause.file}${cause.line ? `:${cause.line}` : ''}` : ''}`
}

function diff(before: string, after: string, read: Read): Outcome {
  const a = open([before], read)
  if ('exitCode' in a) return a
  const b = open([after], read)
  if ('exitCode' in b) return b
  const probes = [...new Set([...ports(a.running), ...ports(b.running)])].map((text) => JSON.parse(text))
  if (probes.length === 0) return { text: '', stderr: 'nothing listens in either scenario\n', exitCode: 0 }
  const left = flat(askMatrix(a.running.sim, { group: 'workload', probes }))
  const right = flat(askMatrix(b.running.sim, { group: 'workload', probes }))
  const pairs = [...new Set([...left.keys(), ...right.keys()])].sort()
  const lines = pairs
    .filter((pair) => left.get(pair) !== right.get(pair))
    .map((pair) => `${pair}: ${left.get(pair) ?? 'absent'} -> ${right.get(pair) ?? 'absent'}`)
  return {
    text: lines.map((line) => `${line}\n`).join(''),
    stderr: a.stderr + b.stderr,
    exitCode: lines.length === 0 ? 0 : 1,
  }
}

/** The ports that containers declare, as probes in JSON text. */
function ports(running: Running): string[] {
  const pods = running.sim.world
    .rows('object')
    .filter((row) => row.kind === 'Pod' && !row.namespace.startsWith('kube-'))
  return pods.flatMap((pod) =>
    (pod.object.spec?.containers ?? []).flatMap(
      (container: { ports?: { containerPort: number; protocol?: string }[] }) =>
        (container.ports ?? []).map((port) =>
          JSON.stringify({ port: port.containerPort, protocol: port.protocol ?? 'TCP' }),
        ),
    ),
  )
}

function flat(cells: ReturnType<typeof askMatrix>): Map<string, string> {
  const pairs = new Map<string, string>()
  if ('error' in cells) return pairs
  for (const [from, row] of Object.entries(cells)) {
    for (const [to, verdicts] of Object.entries(row))
      for (const [port, verdict] of Object.entries(verdicts)) pairs.set(`${from} -> ${to} ${port}`, verdict)
  }
  return pairs
}

function open(paths: readonly string[], read: Read): { running: Running; stderr: string } | Outcome {
  const files: SourceFile[] = []
  for (const path of paths) {
    try {
      files.push({ name: path, text: read(path) })
    } catch (error) {
      return unreadable(`${path}: ${error instanceof Error ? error.message : String(error)}\n`)
    }
  }
  const loaded = loadScenario({ files })
  const diagnostics = loaded.ok ? diagnosticsOf(loaded.running) : loaded.diagnostics
  const stderr = diagnostics
    .map((d) => `${d.file ?? ''}${d.line ? `:${d.line}` : ''}: ${d.severity}: ${d.message}\n`)
    .join('')
  return loaded.ok ? { running: loaded.running, stderr } : unreadable(stderr)
}

function unreadable(stderr: string): Outcome {
  return { text: '', stderr, exitCode: 2 }
}

function reasons(): string {
  return Object.entries(REASONS)
    .map(([code, { verdict, text }]) => `${code.padEnd(28)}${verdict.padEnd(13)}${text}\n`)
    .join('')
}
