import type { Program, ProgramCtx } from './program.ts'
import {
  type Libc,
  onResolverEvent,
  onResolverTimer,
  RESOLVER_TIMER,
  type Resolved,
  type Resolving,
  type ResolverStep,
  startResolving,
} from './resolver.ts'

/** getaddrinfo() and nothing else: resolves one name through the netns' resolv.conf. */
export interface DnsClientConfig {
  readonly name: string
  readonly types?: readonly string[]
  readonly libc?: Libc
  readonly packet: string
  readonly process: string
  /** Whose resolv.conf, where it is not the netns'. */
  readonly files?: string
}

export interface DnsClientState {
  readonly resolving?: Resolving
  readonly result?: Resolved
}

export const dnsClient: Program = {
  onStart: (ctx) => keep(ctx, startResolving(ctx, ctx.app.config as DnsClientConfig)), // written by whoever started it
  onEvent(ctx, event) {
    const { resolving } = ctx.state<DnsClientState>()
    const next = resolving && onResolverEvent(ctx, resolving, event)
    if (next) keep(ctx, next)
  },
  onTimer(ctx, name) {
    const { resolving } = ctx.state<DnsClientState>()
    if (resolving && name.startsWith(RESOLVER_TIMER)) keep(ctx, onResolverTimer(ctx, resolving, name))
  },
}

function keep(ctx: ProgramCtx, next: ResolverStep): void {
  ctx.setState('done' in next ? { result: next.done } : { resolving: next.going })
}
