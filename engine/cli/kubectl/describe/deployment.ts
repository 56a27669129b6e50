import { formatSelector } from '../../../api/selector.ts'
import type { KubeObject } from '../../../api/types.ts'
import { longDate, type Page } from './page.ts'
import { describeContainers } from './pod.ts'

/** Models kubectl/pkg/describe/describe.go describeDeployment. */
export function describeDeployment(deployment: KubeObject, page: Page): void {
  const { metadata, spec = {}, status = {} } = deployment
  page.field('Name', metadata.name)
  page.field('Namespace', metadata.namespace)
  page.field('CreationTimestamp', longDate(metadata.creationTimestamp))
  page.labels('Labels', metadata.labels)
  page.labels('Annotations', metadata.annotations)
  page.field('Selector', formatSelector(spec.selector))
  const count = (value: unknown) => String(value ?? 0)
  page.field(
    'Replicas',
    `${count(spec.replicas)} desired | ${count(status.updatedReplicas)} updated | ${count(status.replicas)} total | ${count(status.availableReplicas)} available | ${count(status.unavailableReplicas)} unavailable`,
  )
  page.field('StrategyType', spec.strategy?.type)
  page.field('MinReadySeconds', count(spec.minReadySeconds))
  const rolling = spec.strategy?.rollingUpdate
  if (rolling)
    page.field('RollingUpdateStrategy', `${rolling.maxUnavailable} max unavailable, ${rolling.maxSurge} max surge`)
  describeTemplate(spec.template ?? {}, page)
  const conditions: readonly { type: string; status: string; reason: string }[] = status.conditions ?? []
  if (conditions.length > 0) {
    page.line(0, 'Conditions:\n  Type\tStatus\tReason')
    page.line(1, '----\t------\t------')
    for (const each of conditions) page.line(1, `${each.type} \t${each.status}\t${each.reason}`)
  }
  const sets = page.reader
    .by('object', 'kindNamespace', `${page.cluster}|ReplicaSet|${metadata.namespace}`)
    .map(({ object }) => object)
    .filter((set) => set.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid))
  const revision = (object: KubeObject) => object.metadata.annotations?.['deployment.kubernetes.io/revision']
  const current = sets.filter((set) => revision(set) === revision(deployment))
  const text = (set: KubeObject) =>
    `${set.metadata.name} (${set.status?.replicas ?? 0}/${set.spec?.replicas ?? 0} replicas created)`
  page.field(
    'OldReplicaSets',
    sets
      .filter((set) => !current.includes(set))
      .map(text)
      .join(', '),
  )
  page.field('NewReplicaSet', current.map(text).join(', '))
  page.events(deployment)
}

/** Models describe.go DescribePodTemplate. */
function describeTemplate({ metadata, spec = {} }: KubeObject['spec'], page: Page): void {
  page.line(0, 'Pod Template:')
  page.labels('Labels', metadata?.labels, 1)
  if (Object.keys(metadata?.annotations ?? {}).length > 0) page.labels('Annotations', metadata.annotations, 1)
  if (spec.serviceAccountName) page.field('Service Account', spec.serviceAccountName, 1)
  if (spec.initContainers?.length > 0)
    describeContainers('Init Containers', spec.initContainers, undefined, undefined, page, 1)
  describeContainers('Containers', spec.containers ?? [], undefined, undefined, page, 1)
  const volumes: readonly { name: string }[] = spec.volumes ?? []
  page.line(1, volumes.length === 0 ? 'Volumes:\t<none>' : 'Volumes:')
  for (const { name } of volumes) page.line(2, `${name}:`)
  page.list(
    'Node-Selectors',
    Object.entries(spec.nodeSelector ?? {}).map(([key, value]) => `${key}=${value}`),
    1,
  )
  page.list(
    'Tolerations',
    (spec.tolerations ?? []).map(
      (each: { key?: string; effect?: string; operator?: string }) =>
        `${each.key ?? ''}${each.effect ? `:${each.effect}` : ''}${each.operator === 'Exists' ? ' op=Exists' : ''}`,
    ),
    1,
  )
}
