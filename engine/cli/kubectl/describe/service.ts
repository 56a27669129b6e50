import { formatLabels } from '../../../api/selector.ts'
import type { KubeObject } from '../../../api/types.ts'
import { hostPort } from '../service-columns.ts'
import type { Page } from './page.ts'

interface ServicePort {
  readonly name?: string
  readonly port: number
  readonly protocol?: string
  readonly targetPort?: number | string
  readonly nodePort?: number
}

/** Models kubectl/pkg/describe/describe.go describeService: endpoints come from the EndpointSlices. */
export function describeService(service: KubeObject, page: Page): void {
  const { metadata, spec = {}, status } = service
  page.field('Name', metadata.name)
  page.field('Namespace', metadata.namespace)
  page.labels('Labels', metadata.labels)
  page.labels('Annotations', metadata.annotations)
  page.field('Selector', formatLabels(spec.selector))
  page.field('Type', spec.type)
  if (spec.ipFamilyPolicy) page.field('IP Family Policy', spec.ipFamilyPolicy)
  page.field('IP Families', (spec.ipFamilies ?? []).join(','))
  page.line(0, `IP:\t${spec.clusterIP ?? ''}`)
  page.field('IPs', (spec.clusterIPs ?? []).join(','))
  if (spec.externalIPs?.length > 0) page.field('External IPs', spec.externalIPs.join(','))
  if (spec.loadBalancerIP) page.field('Desired LoadBalancer IP', spec.loadBalancerIP)
  if (spec.externalName) page.field('External Name', spec.externalName)
  const ingress: readonly { ip?: string; hostname?: string; ipMode?: string }[] = status?.loadBalancer?.ingress ?? []
  if (ingress.length > 0) {
    page.field(
      'LoadBalancer Ingress',
      ingress.map(({ ip, hostname, ipMode }) => (ip ? `${ip}${ipMode ? ` (${ipMode})` : ''}` : hostname)).join(', '),
    )
  }
  for (const port of (spec.ports ?? []) as readonly ServicePort[]) {
    const name = port.name || '<unset>'
    const protocol = port.protocol ?? 'TCP'
    page.line(0, `Port:\t${name}\t${port.port}/${protocol}`)
    page.line(0, `TargetPort:\t${port.targetPort}/${protocol}`)
    if (port.nodePort) page.line(0, `NodePort:\t${name}\t${port.nodePort}/${protocol}`)
    page.line(0, `Endpoints:\t${endpointsOf(service, port, page)}`)
  }
  page.field('Session Affinity', spec.sessionAffinity)
  if (spec.externalTrafficPolicy) page.field('External Traffic Policy', spec.externalTrafficPolicy)
  if (spec.internalTrafficPolicy) page.field('Internal Traffic Policy', spec.internalTrafficPolicy)
  if (spec.healthCheckNodePort) page.field('HealthCheck NodePort', spec.healthCheckNodePort)
  if (spec.loadBalancerSourceRanges?.length > 0)
    page.field('LoadBalancer Source Ranges', spec.loadBalancerSourceRanges.join(','))
  page.events(service)
}

/** Ready addresses behind one port, at most three. Models describe.go formatEndpointSlices. */
function endpointsOf({ metadata }: KubeObject, port: ServicePort, page: Page): string {
  const slices = page.reader.by('object', 'kindNamespace', `${page.cluster}|EndpointSlice|${metadata.namespace}`)
  const found: string[] = []
  for (const { object } of slices) {
    if (object.metadata.labels?.['kubernetes.io/service-name'] !== metadata.name) continue
    for (const slicePort of object.ports ?? []) {
      if ((slicePort.name ?? '') !== (port.name ?? '')) continue
      for (const { addresses = [], conditions } of object.endpoints ?? []) {
        if (conditions?.ready === false) continue
        for (const ip of addresses) found.push(hostPort(ip, slicePort.port))
      }
    }
  }
  const most = 3
  return `${found.slice(0, most).join(',')}${found.length > most ? ` + ${found.length - most} more...` : ''}`
}
