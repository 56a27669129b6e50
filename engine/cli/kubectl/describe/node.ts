import type { KubeObject } from '../../../api/types.ts'
import { ageOf } from '../age.ts'
import { longDate, type Page } from './page.ts'

/**
 * Models kubectl/pkg/describe/describe.go describeNode.
 * Simplified: no table of allocated resources, because nothing in the playground runs out of them.
 */
export function describeNode(node: KubeObject, page: Page): void {
  const { metadata, spec = {}, status = {} } = node
  page.field('Name', metadata.name)
  const roles = Object.keys(metadata.labels ?? {}).filter((key) => key.startsWith('node-role.kubernetes.io/'))
  page.field(
    'Roles',
    roles
      .map((key) => key.slice('node-role.kubernetes.io/'.length))
      .sort()
      .join(','),
  )
  page.labels('Labels', metadata.labels)
  page.labels('Annotations', metadata.annotations)
  page.field('CreationTimestamp', longDate(metadata.creationTimestamp))
  page.list(
    'Taints',
    (spec.taints ?? []).map(({ key, value, effect }: Taint) => `${key}${value ? `=${value}` : ''}:${effect}`),
  )
  page.field('Unschedulable', spec.unschedulable === true)
  const conditions: readonly Condition[] = status.conditions ?? []
  if (conditions.length > 0) {
    page.line(0, 'Conditions:\n  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage')
    page.line(1, '----\t------\t-----------------\t------------------\t------\t-------')
    for (const each of conditions) {
      page.line(
        1,
        `${each.type} \t${each.status} \t${longDate(each.lastHeartbeatTime)} \t${longDate(each.lastTransitionTime)} \t${each.reason ?? ''} \t${each.message ?? ''}`,
      )
    }
  }
  page.line(0, 'Addresses:')
  for (const { type, address } of status.addresses ?? []) page.line(1, `${type}:\t${address}`)
  for (const [name, list] of [
    ['Capacity', status.capacity],
    ['Allocatable', status.allocatable],
  ] as const) {
    if (!list) continue
    page.line(0, `${name}:`)
    for (const key of Object.keys(list).sort()) page.line(1, `${key}:\t${list[key]}`)
  }
  const info = status.nodeInfo ?? {}
  page.line(0, 'System Info:')
  for (const [name, key] of SYSTEM_INFO) page.line(1, `${name}:\t${info[key] ?? ''}`)
  if (spec.podCIDR) page.field('PodCIDR', spec.podCIDR)
  if (spec.podCIDRs?.length > 0) page.field('PodCIDRs', spec.podCIDRs.join(','))
  if (spec.providerID) page.field('ProviderID', spec.providerID)
  const pods = page.reader.by('object', 'node', `${page.cluster}|${metadata.name}`).map(({ object }) => object)
  const running = pods.filter((pod) => pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed')
  page.line(0, `Non-terminated Pods:\t(${running.length} in total)`)
  page.line(1, 'Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge')
  page.line(1, '---------\t----\t\t------------\t----------\t---------------\t-------------\t---')
  for (const pod of running) {
    const asked = (kind: 'requests' | 'limits', key: string) => firstAsked(pod, kind, key)
    page.line(
      1,
      `${pod.metadata.namespace}\t${pod.metadata.name}\t\t${asked('requests', 'cpu')}\t${asked('limits', 'cpu')}\t${asked('requests', 'memory')}\t${asked('limits', 'memory')}\t${ageOf(pod.metadata.creationTimestamp, page.nowUs)}`,
    )
  }
  page.events(node)
}

interface Taint {
  readonly key: string
  readonly value?: string
  readonly effect: string
}

interface Condition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
  readonly lastHeartbeatTime?: string
  readonly lastTransitionTime?: string
}

const SYSTEM_INFO: readonly (readonly [string, string])[] = [
  ['Machine ID', 'machineID'],
  ['System UUID', 'systemUUID'],
  ['Boot ID', 'bootID'],
  ['Kernel Version', 'kernelVersion'],
  ['OS Image', 'osImage'],
  ['Operating System', 'operatingSystem'],
  ['Architecture', 'architecture'],
  ['Container Runtime Version', 'containerRuntimeVersion'],
  ['Kubelet Version', 'kubeletVersion'],
  ['Kube-Proxy Version', 'kubeProxyVersion'],
]

/** Requests of a pod of one container as given; `0 (0%)` where nothing is asked. */
function firstAsked({ spec }: KubeObject, kind: 'requests' | 'limits', key: string): string {
  const given: readonly string[] = (spec?.containers ?? []).flatMap(
    (each: { resources?: Record<string, Record<string, string>> }) => each.resources?.[kind]?.[key] ?? [],
  )
  return given.length === 0 ? '0 (0%)' : given.join('+')
}
