import { beforeEach, describe, expect, test } from 'vitest'
import { configureApi, apiOf } from './store.ts'
import { apiWorld } from './test-world.ts'
import type { Api, KubeObject } from './types.ts'

let api: Api
beforeEach(() => {
  api = apiOf(apiWorld())
})

const service = (spec: object, name = 'web'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec,
})
const container = { name: 'c', image: 'nginx' }
const pod = (spec: object, metadata = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', ...metadata },
  spec: { containers: [container], ...spec },
})
const deployment = (spec: object): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [container] } },
    ...spec,
  },
})

const refusal = (object: KubeObject): string => {
  const result = api.create(object)
  return result.ok ? 'created' : result.error.message
}
const created = (object: KubeObject): KubeObject => {
  const result = api.create(object)
  if (!result.ok) throw new Error(result.error.message)
  return result.value.object
}

describe('refused in the words of the API server', () => {
  test.each<[string, KubeObject, string]>([
    [
      'a port that does not exist',
      service({ ports: [{ port: 70000, targetPort: 80 }] }),
      'Service "web" is invalid: spec.ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive',
    ],
    ['no ports', service({}), 'Service "web" is invalid: spec.ports: Required value'],
    [
      'two ports without names',
      service({ ports: [{ port: 80 }, { port: 81 }] }),
      'Service "web" is invalid: [spec.ports[0].name: Required value, spec.ports[1].name: Required value]',
    ],
    [
      'two ports of one name',
      service({
        ports: [
          { name: 'a', port: 80 },
          { name: 'a', port: 81 },
        ],
      }),
      'Service "web" is invalid: spec.ports[1].name: Duplicate value: "a"',
    ],
    [
      'an unknown protocol',
      service({ ports: [{ port: 80, protocol: 'HTTP' }] }),
      'Service "web" is invalid: spec.ports[0].protocol: Unsupported value: "HTTP": supported values: "SCTP", "TCP", "UDP"',
    ],
    [
      'a node port on a ClusterIP Service',
      service({ ports: [{ port: 80, nodePort: 30080 }] }),
      'Service "web" is invalid: spec.ports[0].nodePort: Forbidden: may not be used when `type` is \'ClusterIP\'',
    ],
    [
      'a node port outside its range',
      service({ type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] }),
      'Service "web" is invalid: spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767',
    ],
    [
      'a cluster address outside its range',
      service({ clusterIP: '192.168.0.1', ports: [{ port: 80 }] }),
      'Service "web" is invalid: spec.clusterIPs: Invalid value: ["192.168.0.1"]: failed to allocate IP 192.168.0.1: the provided IP (192.168.0.1) is not in the valid range. The range of valid IPs is 10.96.0.0/16',
    ],
    [
      'two families on a cluster of one',
      service({ ipFamilyPolicy: 'RequireDualStack', ports: [{ port: 80 }] }),
      'Service "web" is invalid: spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
    ],
    [
      'ExternalName without a name',
      service({ type: 'ExternalName' }),
      'Service "web" is invalid: spec.externalName: Required value',
    ],
    [
      'a name that begins with a digit',
      service({ ports: [{ port: 80 }] }, '1web'),
      "Service \"1web\" is invalid: metadata.name: Invalid value: \"1web\": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
    ],
    [
      'text where a number belongs',
      deployment({ replicas: 'two' }),
      'Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      'a list item of the wrong type',
      pod({ containers: [{ ...container, ports: [{ containerPort: '80' }] }] }),
      'Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal string into Go struct field ContainerPort.spec.containers.ports.containerPort of type int32',
    ],
    [
      'a selector that the template does not meet',
      deployment({ selector: { matchLabels: { app: 'db' } } }),
      'Deployment.apps "web" is invalid: spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
    ],
    [
      'no selector',
      deployment({ selector: undefined }),
      'Deployment.apps "web" is invalid: spec.selector: Required value',
    ],
    [
      'less than no pods',
      deployment({ replicas: -1 }),
      'Deployment.apps "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    ],
    [
      'a rollout that cannot move',
      deployment({ strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } }),
      'Deployment.apps "web" is invalid: spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0',
    ],
    [
      'a Deployment of pods that end',
      deployment({
        template: { metadata: { labels: { app: 'web' } }, spec: { restartPolicy: 'Never', containers: [container] } },
      }),
      'Deployment.apps "web" is invalid: spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
    ],
    ['no containers', pod({ containers: [] }), 'Pod "web" is invalid: spec.containers: Required value'],
    [
      'a container without a name',
      pod({ containers: [{ image: 'nginx' }] }),
      'Pod "web" is invalid: spec.containers[0].name: Required value',
    ],
    [
      'two containers of one name',
      pod({ containers: [container, container] }),
      'Pod "web" is invalid: spec.containers[1].name: Duplicate value: "c"',
    ],
    [
      'an unknown DNS policy',
      pod({ dnsPolicy: 'Cluster' }),
      'Pod "web" is invalid: spec.dnsPolicy: Unsupported value: "Cluster": supported values: "ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"',
    ],
    [
      'a mount without its volume',
      pod({ containers: [{ ...container, volumeMounts: [{ name: 'v', mountPath: '/v' }] }] }),
      'Pod "web" is invalid: spec.containers[0].volumeMounts[0].name: Not found: "v"',
    ],
    [
      'a probe that asks nothing',
      pod({ containers: [{ ...container, readinessProbe: { periodSeconds: 5 } }] }),
      'Pod "web" is invalid: spec.containers[0].readinessProbe: Required value: must specify a handler type',
    ],
    [
      'a name with capitals',
      pod({}, { name: 'Web' }),
      "Pod \"Web\" is invalid: metadata.name: Invalid value: \"Web\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    ],
    [
      'a label value with a space',
      pod({}, { labels: { app: 'a b' } }),
      "Pod \"web\" is invalid: metadata.labels: Invalid value: \"a b\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
    ],
  ])('%s', (_what, object, message) => {
    expect(refusal(object)).toBe(message)
  })

  test('an address that somebody has', () => {
    created(service({ clusterIP: '10.96.0.10', ports: [{ port: 53 }] }, 'kube-dns'))
    expect(refusal(service({ clusterIP: '10.96.0.10', ports: [{ port: 80 }] }))).toBe(
      'Service "web" is invalid: spec.clusterIPs: Invalid value: ["10.96.0.10"]: failed to allocate IP 10.96.0.10: provided IP is already allocated',
    )
  })

  test('a node port that somebody has, even over another protocol', () => {
    created(service({ type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] }, 'first'))
    expect(refusal(service({ type: 'NodePort', ports: [{ port: 80, nodePort: 30080, protocol: 'UDP' }] }))).toBe(
      'Service "web" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated',
    )
  })

  test.each<[string, KubeObject, unknown, string]>([
    [
      'the selector of a Deployment',
      deployment({}),
      { spec: { selector: { matchLabels: { tier: 'x' } }, template: { metadata: { labels: { tier: 'x' } } } } },
      'Deployment.apps "web" is invalid: spec.selector: Invalid value: {"matchLabels":{"app":"web","tier":"x"}}: field is immutable',
    ],
    [
      'the address of a Service',
      service({ clusterIP: '10.96.1.1', ports: [{ port: 80 }] }),
      { spec: { clusterIP: '10.96.1.2', clusterIPs: ['10.96.1.2'] } },
      'Service "web" is invalid: spec.clusterIPs[0]: Invalid value: ["10.96.1.2"]: may not change once set',
    ],
  ])('%s may not change', (_what, object, patch, message) => {
    const { kind, metadata } = created(object)
    const result = api.patch(kind, metadata.namespace ?? '', metadata.name, patch)
    expect(result.ok ? '' : result.error.message).toBe(message)
    expect(!result.ok && result.error.immutable).toBe(true)
  })

  test('a running pod may change its image and nothing else of its containers', () => {
    created(pod({}))
    expect(api.patch('Pod', 'default', 'web', { spec: { containers: [{ ...container, image: 'nginx:2' }] } }).ok).toBe(
      true,
    )
    const result = api.patch('Pod', 'default', 'web', { spec: { hostNetwork: true } })
    expect(result.ok ? '' : result.error.message).toContain(
      'Pod "web" is invalid: spec: Forbidden: pod updates may not change fields other than',
    )
  })
})

describe('what the server fills in', () => {
  test('a Deployment', () => {
    expect(created(deployment({})).spec).toMatchObject({
      replicas: 1,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      template: {
        spec: {
          restartPolicy: 'Always',
          dnsPolicy: 'ClusterFirst',
          terminationGracePeriodSeconds: 30,
          schedulerName: 'default-scheduler',
          securityContext: {},
          containers: [
            {
              imagePullPolicy: 'Always',
              terminationMessagePath: '/dev/termination-log',
              terminationMessagePolicy: 'File',
              resources: {},
            },
          ],
        },
      },
    })
  })

  test('a Deployment that replaces all at once has no steps', () => {
    expect(created(deployment({ strategy: { type: 'Recreate' } })).spec.strategy).toEqual({ type: 'Recreate' })
  })

  test('the selector of a Deployment of old, from the labels of its template', () => {
    const { selector, ...spec } = deployment({}).spec
    expect(created({ ...deployment({}), apiVersion: 'extensions/v1beta1', spec }).spec.selector).toEqual(selector)
  })

  test('a Pod', () => {
    const { spec, status } = created(pod({}))
    expect(spec).toMatchObject({ enableServiceLinks: true, serviceAccountName: 'default', priority: 0 })
    expect(spec.tolerations.map((t: { key: string }) => t.key)).toEqual([
      'node.kubernetes.io/not-ready',
      'node.kubernetes.io/unreachable',
    ])
    expect(status).toEqual({ phase: 'Pending', qosClass: 'BestEffort' })
  })

  test.each([
    ['nginx', 'Always'],
    ['nginx:latest', 'Always'],
    ['nginx:1.27', 'IfNotPresent'],
    ['localhost:5000/nginx', 'Always'],
    ['nginx@sha256:00', 'IfNotPresent'],
  ])('image %s is pulled %s', (image, policy) => {
    expect(created(pod({ containers: [{ name: 'c', image }] })).spec.containers[0].imagePullPolicy).toBe(policy)
  })

  test('a probe', () => {
    const { spec } = created(pod({ containers: [{ ...container, readinessProbe: { httpGet: { port: 80 } } }] }))
    expect(spec.containers[0].readinessProbe).toEqual({
      httpGet: { port: 80, path: '/', scheme: 'HTTP' },
      timeoutSeconds: 1,
      periodSeconds: 10,
      successThreshold: 1,
      failureThreshold: 3,
    })
  })

  test('ports of a pod in the node’s network are ports of the node', () => {
    const { spec } = created(pod({ hostNetwork: true, containers: [{ ...container, ports: [{ containerPort: 80 }] }] }))
    expect(spec.containers[0].ports).toEqual([{ containerPort: 80, hostPort: 80, protocol: 'TCP' }])
  })

  test('a ClusterIP Service', () => {
    const { spec } = created(service({ selector: { app: 'web' }, ports: [{ port: 80 }] }))
    expect(spec).toMatchObject({
      type: 'ClusterIP',
      sessionAffinity: 'None',
      internalTrafficPolicy: 'Cluster',
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      ports: [{ port: 80, targetPort: 80, protocol: 'TCP' }],
    })
    expect(spec.clusterIPs).toEqual([spec.clusterIP])
  })

  test('a headless Service has no address and one family; without a selector, two', () => {
    const one = created(service({ clusterIP: 'None', selector: { a: 'b' }, ports: [{ port: 80 }] }, 'a')).spec
    const two = created(service({ clusterIP: 'None' }, 'b')).spec
    expect([one.clusterIPs, one.ipFamilies, two.ipFamilies]).toEqual([['None'], ['IPv4'], ['IPv4', 'IPv6']])
  })

  test('a LoadBalancer that keeps client addresses has a port for health checks', () => {
    const { spec } = created(service({ type: 'LoadBalancer', externalTrafficPolicy: 'Local', ports: [{ port: 80 }] }))
    expect(spec.healthCheckNodePort).toBeGreaterThanOrEqual(30086)
    expect(spec.ports[0].nodePort).toBeGreaterThanOrEqual(30086)
    expect(spec.ports[0].nodePort).not.toBe(spec.healthCheckNodePort)
    expect(spec.allocateLoadBalancerNodePorts).toBe(true)
  })

  test('a Secret’s texts are read back in base64', () => {
    const secret = created({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's' },
      stringData: { a: 'hé', b: '', c: 'abc' },
    })
    expect([secret.data, secret.type, secret.stringData]).toEqual([
      { a: 'aMOp', b: '', c: 'YWJj' },
      'Opaque',
      undefined,
    ])
  })

  test('a Job’s pods carry its uid', () => {
    const job = created({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'j' },
      spec: { template: { spec: { restartPolicy: 'Never', containers: [container] } } },
    })
    const uid = job.metadata.uid
    expect(job.spec.selector).toEqual({ matchLabels: { 'batch.kubernetes.io/controller-uid': uid } })
    expect(job.spec.template.metadata.labels).toMatchObject({ 'job-name': 'j', 'controller-uid': uid })
  })
})

describe('addresses and ports', () => {
  test('the pick belongs to the Service’s name and lies above the static band', () => {
    const pick = () => {
      api = apiOf(apiWorld())
      return created(service({ ports: [{ port: 80 }] })).spec.clusterIP as string
    }
    expect(pick()).toBe(pick())
    const [, , third, fourth] = pick().split('.').map(Number)
    expect(third * 256 + fourth).toBeGreaterThan(256)
  })

  test('a small range is handed out to its last address, the static band last', () => {
    const world = apiWorld()
    configureApi(world, 'kubernetes', { serviceCidrs: ['10.0.0.0/27'] })
    api = apiOf(world)
    const ips = Array.from(
      { length: 30 },
      (_, i) => created(service({ ports: [{ port: 80 }] }, `s${i}`)).spec.clusterIP as string,
    )
    expect(new Set(ips).size).toBe(30)
    const last = ips.map((ip) => Number(ip.split('.')[3]))
    expect(Math.min(...last.slice(0, 14))).toBeGreaterThan(16)
    expect(refusal(service({ ports: [{ port: 80 }] }, 'late'))).toBe(
      'Service "late" is invalid: spec.clusterIPs: Invalid value: []: failed to allocate IP: range is full',
    )
    api.delete('Service', 'default', 's3')
    expect(created(service({ ports: [{ port: 80 }] }, 'late')).spec.clusterIP).toBe(ips[3])
  })

  test('two families give an address of each, in the order asked for', () => {
    const world = apiWorld()
    configureApi(world, 'kubernetes', { serviceCidrs: ['10.96.0.0/16', 'fd00:10:96::/112'] })
    api = apiOf(world)
    const { spec } = created(
      service({ ipFamilyPolicy: 'PreferDualStack', ipFamilies: ['IPv6'], ports: [{ port: 80 }] }),
    )
    expect(spec.ipFamilies).toEqual(['IPv6', 'IPv4'])
    expect(spec.clusterIPs[0]).toMatch(/^fd00:10:96::[0-9a-f]+$/)
    expect(spec.clusterIPs[1]).toMatch(/^10\.96\./)
    expect(spec.clusterIP).toBe(spec.clusterIPs[0])
  })

  test('what was handed out stays when a manifest without it is applied again', () => {
    const manifest = service({ type: 'NodePort', ports: [{ port: 80 }] })
    const first = created(manifest).spec
    const again = api.apply({ ...manifest, spec: { type: 'NodePort', ports: [{ port: 80, targetPort: 8080 }] } })
    expect(again.ok && again.value.object.spec).toMatchObject({
      clusterIP: first.clusterIP,
      ports: [{ nodePort: first.ports[0].nodePort, targetPort: 8080 }],
    })
  })

  test('an ExternalName gives its address back', () => {
    const { clusterIP } = created(service({ ports: [{ port: 80 }] })).spec
    const changed = api.apply(service({ type: 'ExternalName', externalName: 'example.com' }))
    expect(changed.ok && changed.value.object.spec.clusterIP).toBeUndefined()
    expect(created(service({ clusterIP, ports: [{ port: 80 }] }, 'other')).spec.clusterIP).toBe(clusterIP)
  })
})
