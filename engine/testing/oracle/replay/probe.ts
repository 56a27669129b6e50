import { close, connect, send, sendEcho, sendTo } from '../../../kernel/socket/api.ts'
import type { SocketEvent } from '../../../kernel/socket/wake.ts'
import type { Ip } from '../../../net/address.ts'
import type { ClientResult, Probe } from '../types.ts'
import type { OracleLab } from './lab.ts'

/** The recorder's patience after connect() or a datagram, and the time it leaves for the last frames. */
const PATIENCE_US = 4_000_000
const SETTLE_US = 150_000
/** Longer than any handshake takes to give up. */
const FOREVER_US = 200_000_000

export interface ProbeResult {
  readonly result: ClientResult
  readonly afterSeconds: number
  /** Closes the client's socket. */
  readonly close: () => void
}

/** Does what the recorder's client does, until it has a result and the last frames have settled. */
export function performProbe(lab: OracleLab, probe: Probe): ProbeResult {
  const began = lab.now
  let result: ClientResult | undefined
  let at = began
  let deadline = began + FOREVER_US
  const say = (what: ClientResult) => {
    if (result !== undefined) return
    result = what
    at = lab.now
  }
  const patience = () => {
    deadline = lab.now + PATIENCE_US
  }
  let bytes = 0
  const on = (event: SocketEvent) => {
    switch (event.type) {
      case 'connected':
        send(lab.ctx, event.socket, { kind: 'data', bytes: probe.payloadBytes })
        return patience()
      case 'stream':
        bytes += event.data.bytes
        if (bytes >= probe.payloadBytes) say('connected')
        return
      case 'datagram':
      case 'echo-reply':
        return say('reply')
      case 'error':
        return say(probe.proto === 'icmp' ? 'icmp-error' : (event.errno as ClientResult))
    }
  }
  // Every probe is a process of its own.
  const app = `client/${began}`
  lab.client = { app, on }
  const opened = START[probe.proto](lab, probe, app)
  if ('errno' in opened) say(opened.errno as ClientResult)
  if (probe.proto !== 'tcp') patience()
  while (result === undefined) {
    lab.run(deadline - lab.now, () => result !== undefined)
    if (result === undefined && lab.now >= deadline) say(probe.proto === 'tcp' ? 'stalled' : 'timeout')
  }
  lab.run(SETTLE_US)
  lab.client = undefined
  return {
    result,
    afterSeconds: Math.round((at - began) / 1_000_000),
    close: () => 'id' in opened && close(lab.ctx, opened.id),
  }
}

type Opened = { readonly id: string } | { readonly errno: string }

const START: Readonly<Record<Probe['proto'], (lab: OracleLab, probe: Probe, app: string) => Opened>> = {
  tcp: (lab, probe, app) => connect(lab.ctx, { ...ends(probe, app), proto: 'tcp' }),
  udp: (lab, probe, app) => {
    const socket = connect(lab.ctx, { ...ends(probe, app), proto: 'udp', ...(probe.ttl ? { ttl: probe.ttl } : {}) })
    if ('errno' in socket) return socket
    const sent = sendTo(lab.ctx, socket.id, undefined, { kind: 'data', bytes: probe.payloadBytes })
    return 'errno' in sent ? sent : socket
  },
  icmp: (lab, { netns, dst, src, payloadBytes, ttl, pmtu }, app) => {
    const options = { ...(src ? { src: src as Ip } : {}), ...(ttl ? { ttl } : {}), ...(pmtu ? { pmtu } : {}) }
    return sendEcho(lab.ctx, {
      netns,
      dst: dst as Ip,
      bytes: payloadBytes,
      seq: 1,
      app,
      process: 'ping',
      ...options,
    })
  },
}

function ends({ netns, dst, dport, src, sport }: Probe, app: string) {
  const from = { ...(src ? { src: src as Ip } : {}), ...(sport ? { sport } : {}) }
  return { netns, dst: dst as Ip, port: dport ?? 0, ...from, app, process: 'client' }
}
