import { repositoryOf } from '../apps/images.ts'
import { FIXED_COSTS } from '../control/time-costs.ts'

/** When and how a container ends by itself. */
export interface Exit {
  readonly afterUs: number
  readonly code: number
}

interface Container {
  readonly image?: string
  readonly command?: readonly string[]
  readonly args?: readonly string[]
  readonly stdin?: boolean
  readonly tty?: boolean
}

/**
 * What a container's command line says about its end; undefined: it runs for ever, as servers do.
 * Simplified: programs are not run. A Job's container ends well after a fixed time, because what it computes is not
 * modelled; `sleep`, `true`, `false`, `exit N` and shells without input end as they do.
 */
export function exitOf(container: Container, owner: 'Job' | 'init' | undefined): Exit | undefined {
  const words = [...(container.command ?? []), ...(container.args ?? [])]
  const known = exitOfCommand(words)
  if (known) return known
  // A shell reads its input; what the kubelet keeps open for it never ends.
  const input = container.stdin || container.tty
  if (owner === 'Job') return { afterUs: FIXED_COSTS.jobContainerUs, code: 0 }
  if (owner === 'init') return { afterUs: FIXED_COSTS.initContainerUs, code: 0 }
  if (!input && (words.length === 0 ? startsShell(container.image) : isBareShell(words))) return { afterUs: 0, code: 0 }
  return undefined
}

/** Images whose default command is a shell or another reader of standard input, wherever they were copied to. */
const SHELL_IMAGES =
  /(^|\/)(busybox|alpine|ubuntu|debian|bash|centos|fedora|rockylinux|almalinux|amazonlinux|netshoot|hello-world|python|node|perl)$/

function startsShell(image: string | undefined): boolean {
  return SHELL_IMAGES.test(repositoryOf(image ?? ''))
}

/** `sh`, `/bin/bash -l`: neither a script nor a command to run. */
function isBareShell([program, ...args]: readonly string[]): boolean {
  return /(^|\/)(sh|bash|ash|dash|zsh)$/.test(program) && args.every((arg) => /^-[il]+$/.test(arg))
}

function exitOfCommand(words: readonly string[]): Exit | undefined {
  const [program, ...args] = words
  const name = program?.split('/').pop()
  switch (name) {
    case 'true':
    case 'echo':
    case 'date':
    case 'printf':
    case 'env':
      return { afterUs: 0, code: 0 }
    case 'false':
      return { afterUs: 0, code: 1 }
    case 'sleep':
      return sleep(args[0])
    case 'sh':
    case 'bash':
    case 'ash':
      return args[0] === '-c' && args[1] !== undefined ? exitOfScript(args[1]) : undefined
  }
  return undefined
}

/** Only scripts whose every command is understood, and that do not loop. */
function exitOfScript(script: string): Exit | undefined {
  let afterUs = 0
  for (const line of script.split(/;|&&|\n/).map((text) => text.trim())) {
    if (line === '' || line.startsWith('#')) continue
    const code = /^exit\s+(\d+)$/.exec(line)
    if (code) return { afterUs, code: Number(code[1]) }
    const step = exitOfCommand(line.split(/\s+/))
    if (!step) return undefined
    afterUs += step.afterUs
    if (step.code !== 0) return { afterUs, code: step.code }
  }
  return { afterUs, code: 0 }
}

function sleep(text: string | undefined): Exit | undefined {
  const match = /^(\d+(?:\.\d+)?)([smhd]?)$/.exec(text ?? '')
  if (!match) return undefined // `infinity`
  const unit = { '': 1, s: 1, m: 60, h: 3600, d: 86400 }[match[2] as '' | 's' | 'm' | 'h' | 'd']
  return { afterUs: Math.round(Number(match[1]) * unit * 1_000_000), code: 0 }
}

/** Programs that, as process 1 without a handler, ignore SIGTERM until they are killed. */
export function ignoresSigterm(container: Container): boolean {
  const name =
    container.command?.[0]?.split('/').pop() ?? (startsShell(container.image) ? container.args?.[0] : undefined)
  return name !== undefined && ['sh', 'bash', 'ash', 'sleep', 'tail'].includes(name)
}
