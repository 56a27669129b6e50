import type { Cause } from '../core/cause.ts'
import type { Ctx } from '../core/context.ts'
import { ANY6, parseIp } from '../net/ip.ts'
import type { Errno } from '../kernel/contract.ts'
import { listen } from '../kernel/socket/api.ts'
import type { Listen } from './listens.ts'
import type { ListenerConfig } from './listener.ts'
import { startApp, stopApp } from './runtime.ts'

/** The servers of one container. */
export interface ListenersOf {
  readonly netns: string
  /** Unique within the world: `<cluster>:<namespace>/<pod>/<container>` or the like. */
  readonly id: string
  /** What its servers answer as: `namespace/name`. */
  readonly name: string
  readonly cluster?: string
  /** What HTTP servers among them say. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly ports: readonly Listen[]
  readonly owner?: string
  readonly cause?: Cause
}

export interface BindFailure {
  readonly port: number
  readonly proto: Listen['proto']
  readonly address: string
  readonly errno: Errno
  /** The line the process dies with. */
  readonly message: string
}

/**
 * Binds what a container listens on, one program per kind of server. If a port is taken (another container of the pod,
 * another hostNetwork pod), nothing stays bound and the failure is returned: the container has crashed.
 */
export function startListeners(ctx: Ctx, of: ListenersOf): BindFailure | undefined {
  for (const program of new Set(of.ports.map((port) => port.program))) {
    const app = appId(of.id, program)
    const config: ListenerConfig = {
      name: of.name,
      ...(of.cluster ? { cluster: of.cluster } : {}),
      ...(of.status ? { status: of.status } : {}),
      ...(of.headers ? { headers: of.headers } : {}),
    }
    startApp(ctx, {
      id: app,
      netns: of.netns,
      program,
      config,
      state: null,
      ...(of.owner ? { owner: of.owner } : {}),
      ...(of.cause ? { cause: of.cause } : {}),
    })
    for (const port of of.ports.filter((candidate) => candidate.program === program)) {
      const address = port.address === undefined ? ANY6 : (parseIp(port.address) ?? ANY6)
      const bound = listen(ctx, {
        netns: of.netns,
        proto: port.proto,
        address,
        port: port.port,
        ...(port.v6only ? { v6only: true } : {}),
        app,
        process: port.process,
        ...(of.owner ? { owner: of.owner } : {}),
        ...(of.cause ? { cause: of.cause } : {}),
      })
      if ('id' in bound) continue
      stopListeners(ctx, of.id)
      const why = bound.errno === 'EADDRINUSE' ? 'address already in use' : 'cannot assign requested address'
      return {
        port: port.port,
        proto: port.proto,
        address,
        errno: bound.errno,
        message: `listen ${port.proto} ${address === ANY6 ? '' : address}:${port.port}: bind: ${why}`,
      }
    }
  }
  return undefined
}

/** The container stopped: its sockets close. */
export function stopListeners(ctx: Ctx, id: string): void {
  for (const program of ['listener', 'dns-server'])
    if (ctx.tx.get('app', appId(id, program))) stopApp(ctx, appId(id, program))
}

const appId = (id: string, program: string) => `${id}#${program}`
