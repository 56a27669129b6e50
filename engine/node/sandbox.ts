import type { ObjectRow } from '../api/types.ts'
import { jittered } from '../control/time-costs.ts'
import type { ControllerCtx } from '../control/types.ts'
import { cniAdd, cniDel } from '../cni/runtime.ts'
import type { Attachment } from '../cni/runtime.ts'
import type { PortMapping } from '../cni/spec.ts'
import { loOf } from '../kernel/ids.ts'
import { linkSet, netnsAdd, netnsDel } from '../kernel/netlink.ts'
import type { Ip } from '../net/address.ts'
import { hexOf, uuidOf } from './names.ts'
import { removePodFiles, causeOf, writePodFiles } from './pod-files.ts'
import { jitterOf } from './plan.ts'
import { hasProbes } from './probes.ts'
import type { PodSandboxRow } from './sandbox-table.ts'

/** RunPodSandbox begins: the row, and for ordinary pods a netns. CNI ADD is due at `dueUs`. */
export function openSandbox(
  pod: ObjectRow,
  at: { node: string; host: string; hostIps: readonly string[] },
  ctx: ControllerCtx,
): PodSandboxRow {
  const uid = pod.object.metadata.uid ?? pod.id
  const hostNetwork = pod.object.spec?.hostNetwork === true
  const uuid = uuidOf(ctx.clock.seed, `netns/${uid}`)
  const { sandboxUs, cniAddUs } = ctx.costs
  const row: PodSandboxRow = {
    id: `${ctx.cluster}|${at.node}|${uid}`,
    cluster: ctx.cluster,
    node: at.node,
    host: at.host,
    namespace: pod.namespace,
    name: pod.name,
    uid,
    netns: hostNetwork ? at.host : `${at.host}/cni-${uuid}`,
    hostNetwork,
    containerId: hexOf(ctx.clock.seed, `sandbox/${uid}`, 64),
    state: 'creating',
    startedUs: ctx.clock.now,
    dueUs:
      ctx.clock.now +
      jittered(ctx, hostNetwork ? sandboxUs : sandboxUs + cniAddUs, jitterOf(pod, ctx), `sandbox/${uid}`),
    attempts: 0,
    ips: [],
    containers: [],
    probed: hasProbes(pod),
  }
  ctx.tx.put('podSandbox', row)
  return row
}

/** The netns and CNI ADD. On failure nothing is left of either, and the error is in the runtime's words. */
export function connect(
  pod: ObjectRow,
  sandbox: PodSandboxRow,
  hostIps: readonly string[],
  ctx: ControllerCtx,
): { row: PodSandboxRow } | { failure: string } {
  if (sandbox.hostNetwork) {
    const row = ready(sandbox, hostIps as readonly Ip[]) // addresses of a Node's status
    writePodFiles(pod, row, ctx)
    return { row }
  }
  const path = pathOf(sandbox)
  netnsAdd(ctx.tx, { id: sandbox.netns, host: sandbox.host, path, owner: 'containerd', cause: causeOf(pod, ctx) })
  linkSet(ctx.tx, loOf(sandbox.netns), { up: true }) // what the loopback plugin does, which containerd runs first
  const added = cniAdd(ctx, attachment(pod, sandbox))
  if (!added.ok) {
    netnsDel(ctx.tx, sandbox.netns)
    return { failure: `failed to setup network for sandbox "${sandbox.containerId}": ${added.error.msg}` }
  }
  const ips = (added.value.ips ?? []).map(({ address }) => address.split('/')[0] as Ip) // what IPAM gave out
  const row = ready(sandbox, ips)
  writePodFiles(pod, row, ctx)
  return { row }
}

function ready(sandbox: PodSandboxRow, ips: readonly Ip[]): PodSandboxRow {
  const { dueUs: _, ...rest } = sandbox
  return { ...rest, state: 'ready', ips }
}

/** StopPodSandbox and RemovePodSandbox: CNI DEL, then the netns with all that is in it. */
export function closeSandbox(sandbox: PodSandboxRow, ctx: ControllerCtx): void {
  if (sandbox.hostNetwork) return removePodFiles(sandbox, ctx)
  if (sandbox.ips.length === 0) return
  const { namespace, name, uid } = sandbox
  const done = cniDel(ctx, { ...bareAttachment(sandbox), pod: { namespace, name, uid } })
  if (!done.ok)
    ctx.note({
      actor: 'kubelet',
      text: `CNI DEL of ${namespace}/${name} failed: ${done.error.msg}`,
      node: sandbox.node,
    })
  netnsDel(ctx.tx, sandbox.netns)
  removePodFiles(sandbox, ctx)
}

function pathOf({ netns, host }: PodSandboxRow): string {
  return `/run/netns/${netns.slice(host.length + 1)}`
}

function bareAttachment(sandbox: PodSandboxRow): Omit<Attachment, 'pod'> {
  return {
    host: sandbox.host,
    containerId: sandbox.containerId,
    netnsId: sandbox.netns,
    netnsPath: pathOf(sandbox),
    ifName: 'eth0',
  }
}

function attachment(pod: ObjectRow, sandbox: PodSandboxRow): Attachment {
  const portMappings = portMappingsOf(pod)
  return {
    ...bareAttachment(sandbox),
    pod: { namespace: pod.namespace, name: pod.name, uid: sandbox.uid },
    ...(portMappings.length > 0 ? { portMappings } : {}),
  }
}

interface ContainerPort {
  readonly hostPort?: number
  readonly containerPort: number
  readonly protocol?: string
  readonly hostIP?: string
}

function portMappingsOf(pod: ObjectRow): PortMapping[] {
  const ports: ContainerPort[] = (pod.object.spec?.containers ?? []).flatMap(
    (container: { ports?: ContainerPort[] }) => container.ports ?? [],
  )
  return ports.flatMap(
    ({ hostPort, containerPort, protocol, hostIP }) =>
      hostPort
        ? [
            {
              hostPort,
              containerPort,
              protocol: (protocol ?? 'TCP').toLowerCase() as PortMapping['protocol'],
              ...(hostIP ? { hostIP } : {}),
            },
          ]
        : [], // validated by the API
  )
}
