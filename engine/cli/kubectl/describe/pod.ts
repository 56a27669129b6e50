import type { KubeObject } from '../../../api/types.ts'
import { formatLabels } from '../../../api/selector.ts'
import { ageOf } from '../age.ts'
import { longDate, type Page } from './page.ts'

// biome-ignore lint/suspicious/noExplicitAny: containers and their states as the kubelet and the manifest give them
type Json = any

/** Models kubectl/pkg/describe/describe.go describePod. */
export function describePod(pod: KubeObject, page: Page): void {
  const { metadata, spec = {}, status = {} } = pod
  page.field('Name', metadata.name)
  page.field('Namespace', metadata.namespace)
  if (spec.priority !== undefined) {
    page.field('Priority', spec.priority)
    if (spec.priorityClassName) page.field('Priority Class Name', spec.priorityClassName)
  }
  page.field('Service Account', spec.serviceAccountName)
  page.field('Node', spec.nodeName ? `${spec.nodeName}/${status.hostIP ?? ''}` : undefined)
  if (status.startTime) page.field('Start Time', longDate(status.startTime))
  page.labels('Labels', metadata.labels)
  page.labels('Annotations', metadata.annotations)
  if (metadata.deletionTimestamp !== undefined) {
    page.field('Status', `Terminating (lasts ${ageOf(metadata.deletionTimestamp, page.nowUs)})`)
    page.field('Termination Grace Period', `${metadata.deletionGracePeriodSeconds}s`)
  } else page.field('Status', status.phase)
  if (status.reason) page.field('Reason', status.reason)
  if (status.message) page.field('Message', status.message)
  page.line(0, `IP:\t${status.podIP ?? ''}`)
  const ips: readonly { ip: string }[] = status.podIPs ?? []
  if (ips.length === 0) page.line(0, 'IPs:\t<none>')
  else {
    page.line(0, 'IPs:')
    for (const { ip } of ips) page.line(1, `IP:\t${ip}`)
  }
  const owner = metadata.ownerReferences?.find(({ controller }) => controller)
  if (owner) page.field('Controlled By', `${owner.kind}/${owner.name}`)
  if (spec.initContainers?.length > 0)
    describeContainers('Init Containers', spec.initContainers, status.initContainerStatuses, status, page)
  describeContainers('Containers', spec.containers ?? [], status.containerStatuses, status, page)
  const conditions: readonly { type: string; status: string }[] = status.conditions ?? []
  if (conditions.length > 0) {
    page.line(0, 'Conditions:\n  Type\tStatus')
    for (const { type, status: value } of conditions) page.line(1, `${type}\t${value} `)
  }
  describeVolumes(spec.volumes ?? [], page)
  if (status.qosClass) page.field('QoS Class', status.qosClass)
  page.list('Node-Selectors', spec.nodeSelector ? formatLabels(spec.nodeSelector).split(',') : [])
  page.list('Tolerations', tolerations(spec.tolerations ?? []))
  page.events(pod)
}

/** Containers of a pod, or of a template, which have no state. */
export function describeContainers(
  label: string,
  containers: readonly Json[],
  statuses: readonly Json[] | undefined,
  status: Json,
  page: Page,
  level = 0,
): void {
  page.line(level, containers.length === 0 ? `${label}:\t<none>` : `${label}:`)
  const inPod = status !== undefined
  for (const container of containers) {
    const state = statuses?.find(({ name }) => name === container.name)
    page.line(level + 1, `${container.name}:`)
    const field = (name: string, value: unknown) => page.line(level + 2, `${name}:\t${String(value)}`)
    if (inPod) field('Container ID', state?.containerID ?? '')
    field('Image', container.image)
    if (inPod) field('Image ID', state?.imageID ?? '')
    const ports: readonly Json[] = container.ports ?? []
    const text = (list: readonly string[]) => list.join(', ') || '<none>'
    const plural = ports.length > 1 ? 's' : ''
    field(
      `Port${plural}`,
      text(
        ports.map(
          ({ containerPort, protocol = 'TCP', name }) => `${containerPort}/${protocol}${name ? ` (${name})` : ''}`,
        ),
      ),
    )
    field(
      `Host Port${plural}`,
      text(
        ports.map(({ hostPort = 0, protocol = 'TCP', name }) => `${hostPort}/${protocol}${name ? ` (${name})` : ''}`),
      ),
    )
    block('Command', container.command, page, level + 2)
    block('Args', container.args, page, level + 2)
    if (state) describeState(state, page, level + 2)
    describeResources(container.resources ?? {}, page, level + 2)
    for (const [name, probe] of [
      ['Liveness', container.livenessProbe],
      ['Readiness', container.readinessProbe],
      ['Startup', container.startupProbe],
    ] as const) {
      if (probe) page.line(level + 2, `${name}:\t${probeText(probe)}`)
    }
    describeEnvironment(container.env ?? [], page, level + 2)
    const mounts: readonly Json[] = container.volumeMounts ?? []
    if (mounts.length === 0) page.line(level + 2, 'Mounts:\t<none>')
    else {
      page.line(level + 2, 'Mounts:')
      for (const { mountPath, name, readOnly } of [...mounts].sort((a, b) => (a.mountPath < b.mountPath ? -1 : 1))) {
        page.line(level + 3, `${mountPath} from ${name} (${readOnly ? 'ro' : 'rw'})`)
      }
    }
  }
}

function block(name: string, items: readonly string[] | undefined, page: Page, level: number): void {
  if (!items || items.length === 0) return
  page.line(level, `${name}:`)
  for (const item of items.flatMap((each) => String(each).split('\n'))) page.line(level + 1, item)
}

function describeState(state: Json, page: Page, level: number): void {
  one('State', state.state, page, level)
  if (state.lastState?.terminated) one('Last State', state.lastState, page, level)
  page.line(level, `Ready:\t${state.ready ? 'True' : 'False'}`)
  page.line(level, `Restart Count:\t${state.restartCount ?? 0}`)
}

function one(name: string, { running, waiting, terminated }: Json = {}, page: Page, level: number): void {
  if (running) {
    page.line(level, `${name}:\tRunning`)
    page.line(level + 1, `Started:\t${longDate(running.startedAt)}`)
  } else if (terminated) {
    page.line(level, `${name}:\tTerminated`)
    if (terminated.reason) page.line(level + 1, `Reason:\t${terminated.reason}`)
    if (terminated.message) page.line(level + 1, `Message:\t${terminated.message}`)
    page.line(level + 1, `Exit Code:\t${terminated.exitCode ?? 0}`)
    page.line(level + 1, `Started:\t${longDate(terminated.startedAt)}`)
    page.line(level + 1, `Finished:\t${longDate(terminated.finishedAt)}`)
  } else {
    page.line(level, `${name}:\tWaiting`)
    if (waiting?.reason) page.line(level + 1, `Reason:\t${waiting.reason}`)
  }
}

function describeResources(resources: Json, page: Page, level: number): void {
  for (const [name, list] of [
    ['Limits', resources.limits],
    ['Requests', resources.requests],
  ] as const) {
    if (!list || Object.keys(list).length === 0) continue
    page.line(level, `${name}:`)
    for (const key of Object.keys(list).sort()) page.line(level + 1, `${key}:\t${list[key]}`)
  }
}

function describeEnvironment(env: readonly Json[], page: Page, level: number): void {
  if (env.length === 0) return page.line(level, 'Environment:\t<none>')
  page.line(level, 'Environment:')
  for (const { name, value = '', valueFrom } of env) {
    const { fieldRef, configMapKeyRef, secretKeyRef, resourceFieldRef } = valueFrom ?? {}
    if (fieldRef) page.line(level + 1, `${name}:\t (${fieldRef.apiVersion ?? 'v1'}:${fieldRef.fieldPath})`)
    else if (configMapKeyRef)
      page.line(
        level + 1,
        `${name}:\t<set to the key '${configMapKeyRef.key}' of config map '${configMapKeyRef.name}'>\tOptional: ${Boolean(configMapKeyRef.optional)}`,
      )
    else if (secretKeyRef)
      page.line(
        level + 1,
        `${name}:\t<set to the key '${secretKeyRef.key}' in secret '${secretKeyRef.name}'>\tOptional: ${Boolean(secretKeyRef.optional)}`,
      )
    else if (resourceFieldRef) page.line(level + 1, `${name}:\t (${resourceFieldRef.resource})`)
    else page.line(level + 1, `${name}:\t${String(value).split('\n').join('\n\t')}`)
  }
}

/** Models describe.go DescribeProbe. */
function probeText(probe: Json): string {
  const attributes = `delay=${probe.initialDelaySeconds ?? 0}s timeout=${probe.timeoutSeconds}s period=${probe.periodSeconds}s #success=${probe.successThreshold} #failure=${probe.failureThreshold}`
  if (probe.exec) return `exec [${(probe.exec.command ?? []).join(' ')}] ${attributes}`
  if (probe.httpGet) {
    const { scheme = 'HTTP', host = '', port, path = '' } = probe.httpGet
    return `http-get ${scheme.toLowerCase()}://${host}:${port}${path} ${attributes}`
  }
  if (probe.tcpSocket) return `tcp-socket ${probe.tcpSocket.host ?? ''}:${probe.tcpSocket.port} ${attributes}`
  if (probe.grpc) return `grpc <pod>:${probe.grpc.port} ${probe.grpc.service ?? ''} ${attributes}`
  return `unknown ${attributes}`
}

function describeVolumes(volumes: readonly Json[], page: Page): void {
  if (volumes.length === 0) return page.line(0, 'Volumes:\t<none>')
  page.line(0, 'Volumes:')
  for (const { name, ...source } of volumes) {
    page.line(1, `${name}:`)
    const { configMap, secret, hostPath, emptyDir, persistentVolumeClaim } = source
    const rows: readonly [string, unknown][] = configMap
      ? [
          ['Type', 'ConfigMap (a volume populated by a ConfigMap)'],
          ['Name', configMap.name],
          ['Optional', Boolean(configMap.optional)],
        ]
      : secret
        ? [
            ['Type', 'Secret (a volume populated by a Secret)'],
            ['SecretName', secret.secretName],
            ['Optional', Boolean(secret.optional)],
          ]
        : hostPath
          ? [
              ['Type', 'HostPath (bare host directory volume)'],
              ['Path', hostPath.path],
              ['HostPathType', hostPath.type ?? ''],
            ]
          : persistentVolumeClaim
            ? [
                ['Type', 'PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)'],
                ['ClaimName', persistentVolumeClaim.claimName],
                ['ReadOnly', Boolean(persistentVolumeClaim.readOnly)],
              ]
            : emptyDir
              ? [
                  ['Type', "EmptyDir (a temporary directory that shares a pod's lifetime)"],
                  ['Medium', emptyDir.medium ?? ''],
                  ['SizeLimit', emptyDir.sizeLimit ?? '<unset>'],
                ]
              : [['Type', Object.keys(source)[0] ?? '<unknown>']]
    for (const [key, value] of rows) page.line(2, `${key}:\t${String(value)}`)
  }
}

/** `node.kubernetes.io/not-ready:NoExecute op=Exists for 300s`, sorted by key. Models describe.go printTolerationsMultilineWithIndent. */
function tolerations(list: readonly Json[]): string[] {
  return [...list]
    .sort((a, b) => ((a.key ?? '') < (b.key ?? '') ? -1 : 1))
    .map(({ key = '', operator, value, effect, tolerationSeconds }) => {
      const pair = `${key}${value ? `=${value}` : ''}${effect ? `:${effect}` : ''}`
      const exists = operator === 'Exists' && !value ? (key || effect ? ' op=Exists' : 'op=Exists') : ''
      return `${pair}${exists}${tolerationSeconds === undefined ? '' : ` for ${tolerationSeconds}s`}`
    })
}
