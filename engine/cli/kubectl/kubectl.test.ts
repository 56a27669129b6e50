import { beforeAll, describe, expect, test } from 'vitest'
import { readScenario, applyScenario } from '../../api/scenario-text.ts'
import { apiOf } from '../../api/store.ts'
import { API_TABLES } from '../../api/types.ts'
import { fileEvent, kubeEventTable } from '../../control/events.ts'
import { clockTable, eventTable, schedulerOf } from '../../core/event-queue.ts'
import { rngTable } from '../../core/rng.ts'
import type { TableDef } from '../../core/table.ts'
import { World } from '../../core/world.ts'
import { humanDuration } from './age.ts'
import { evaluateTemplate } from './jsonpath.ts'
import { toYaml } from './output.ts'
import { runKubectl } from './run.ts'

const TEXT = `
apiVersion: v1
kind: Node
metadata:
  name: worker
  labels: {kubernetes.io/hostname: worker}
spec: {podCIDR: 10.244.1.0/24}
status:
  addresses: [{type: InternalIP, address: 192.168.10.11}, {type: Hostname, address: worker}]
  conditions: [{type: Ready, status: "True"}]
  nodeInfo: {kubeletVersion: v1.36.0, osImage: Debian GNU/Linux 12 (bookworm), kernelVersion: 6.12.0, containerRuntimeVersion: containerd://2.1.0}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: nginx, image: "nginx:1.27", ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: NodePort, clusterIP: 10.96.20.30, selector: {app: web}, ports: [{port: 80, targetPort: 8080, nodePort: 30080}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web-1, labels: {app: web}}
spec:
  nodeName: worker
  containers:
  - {name: nginx, image: "nginx:1.27", ports: [{name: http, containerPort: 80}], readinessProbe: {httpGet: {port: 80}}}
status:
  phase: Running
  podIP: 10.244.1.2
  podIPs: [{ip: 10.244.1.2}]
  hostIP: 192.168.10.11
  startTime: "2026-01-01T00:00:05Z"
  conditions: [{type: Ready, status: "True"}]
  containerStatuses: [{name: nginx, ready: true, restartCount: 0, state: {running: {startedAt: "2026-01-01T00:00:07Z"}}}]
---
apiVersion: v1
kind: Pod
metadata: {name: crash, namespace: shop, labels: {app: crash}}
spec: {containers: [{name: c, image: busybox}]}
status:
  phase: Running
  containerStatuses:
  - {name: c, ready: false, restartCount: 3, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 1, reason: Error, finishedAt: "2026-01-01T00:00:30Z"}}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-abc12, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
endpoints: [{addresses: [10.244.1.2], conditions: {ready: true}}, {addresses: [10.244.1.3], conditions: {ready: false}}]
ports: [{port: 8080}]
---
apiVersion: example.com/v1
kind: Widget
metadata: {name: w}
spec: {size: 3}
`

let world: World
beforeAll(() => {
  const tables = [
    clockTable,
    eventTable,
    rngTable,
    ...API_TABLES,
    kubeEventTable,
  ] as unknown as readonly TableDef<never>[] // of different rows
  world = new World(tables)
  world.put('clock', { id: 'clock', now: 4_000_000, seq: 0, seed: 1 })
  const ctx = { tx: world, clock: schedulerOf(world), random: () => 0, emit: () => {}, note: () => {} }
  const refused = applyScenario(ctx, undefined, readScenario({ files: [{ name: 'a.yaml', text: TEXT }] }))
  expect(refused.filter(({ severity }) => severity === 'error')).toEqual([])
  apiOf(world).updateStatus('Deployment', 'default', 'web', {
    replicas: 2,
    readyReplicas: 1,
    updatedReplicas: 2,
    availableReplicas: 1,
    unavailableReplicas: 1,
  })
  const pod = apiOf(world).get('Pod', 'default', 'web-1')
  if (pod)
    fileEvent(ctx, {
      component: 'kube-scheduler',
      about: pod,
      type: 'Normal',
      reason: 'Scheduled',
      message: 'Successfully assigned default/web-1 to worker',
    })
  world.put('clock', { id: 'clock', now: 64_000_000, seq: 0, seed: 1 })
})

const kubectl = (line: string) => runKubectl(world, line.split(' '))
const lines = (text: string) => text.split('\n').slice(0, -1)

describe('get prints the columns of kubectl', () => {
  test.each<[string, string[]]>([
    ['get pods', ['NAME    READY   STATUS    RESTARTS   AGE', 'web-1   1/1     Running   0          60s']],
    [
      'get po -A',
      [
        'NAMESPACE   NAME    READY   STATUS             RESTARTS      AGE',
        'default     web-1   1/1     Running            0             60s',
        'shop        crash   0/1     CrashLoopBackOff   3 (34s ago)   60s',
      ],
    ],
    [
      'get pod web-1 -o wide',
      [
        'NAME    READY   STATUS    RESTARTS   AGE   IP           NODE     NOMINATED NODE   READINESS GATES',
        'web-1   1/1     Running   0          60s   10.244.1.2   worker   <none>           <none>',
      ],
    ],
    ['get deploy', ['NAME   READY   UP-TO-DATE   AVAILABLE   AGE', 'web    1/2     2            1           60s']],
    [
      'get deployments.apps -o wide',
      [
        'NAME   READY   UP-TO-DATE   AVAILABLE   AGE   CONTAINERS   IMAGES       SELECTOR',
        'web    1/2     2            1           60s   nginx        nginx:1.27   app=web',
      ],
    ],
    [
      'get svc',
      [
        'NAME   TYPE       CLUSTER-IP    EXTERNAL-IP   PORT(S)        AGE',
        'web    NodePort   10.96.20.30   <none>        80:30080/TCP   60s',
      ],
    ],
    [
      'get endpointslices',
      [
        'NAME        ADDRESSTYPE   PORTS   ENDPOINTS               AGE',
        'web-abc12   IPv4          8080    10.244.1.2,10.244.1.3   60s',
      ],
    ],
    [
      'get nodes -o wide',
      [
        'NAME     STATUS   ROLES    AGE   VERSION   INTERNAL-IP     EXTERNAL-IP   OS-IMAGE                         KERNEL-VERSION   CONTAINER-RUNTIME',
        'worker   Ready    <none>   60s   v1.36.0   192.168.10.11   <none>        Debian GNU/Linux 12 (bookworm)   6.12.0           containerd://2.1.0',
      ],
    ],
    ['get ns', ['NAME   STATUS   AGE', 'shop   Active   60s']],
    ['get widgets', ['NAME   AGE', 'w      60s']],
    [
      'get events',
      [
        'LAST SEEN   TYPE     REASON      OBJECT      MESSAGE',
        '60s         Normal   Scheduled   pod/web-1   Successfully assigned default/web-1 to worker',
      ],
    ],
    ['get pods --no-headers --show-labels', ['web-1   1/1   Running   0     60s   app=web']],
    [
      'get pods -l app=web -L app',
      ['NAME    READY   STATUS    RESTARTS   AGE   APP', 'web-1   1/1     Running   0          60s   web'],
    ],
    [
      'get pod/web-1 svc/web',
      [
        'NAME        READY   STATUS    RESTARTS   AGE',
        'pod/web-1   1/1     Running   0          60s',
        '',
        'NAME          TYPE       CLUSTER-IP    EXTERNAL-IP   PORT(S)        AGE',
        'service/web   NodePort   10.96.20.30   <none>        80:30080/TCP   60s',
      ],
    ],
    ['get deploy,svc -o name', ['deployment.apps/web', 'service/web']],
    ['get deployments.v1.apps -o name', ['deployment.apps/web']],
    ['get Widget.v1beta1.example.com w -o name', ['widget.example.com/w']],
    ['-n shop get pods --no-headers', ['crash   0/1   CrashLoopBackOff   3 (34s ago)   60s']],
    [
      'get pods -A -o custom-columns=N:.metadata.name,IP:.status.podIP',
      ['N       IP', 'web-1   10.244.1.2', 'crash   <none>'],
    ],
  ])('%s', (line, expected) => {
    const { text, stderr, exitCode } = kubectl(line)
    expect([lines(text), stderr, exitCode]).toEqual([expected, '', 0])
  })

  test.each([
    ['get svc web -o jsonpath={.spec.clusterIP}', '10.96.20.30'],
    ["get pods -A -o jsonpath='{.items[*].metadata.name}'", 'web-1 crash'],
    ['get svc web -o jsonpath={.spec.ports[?(@.port==80)].nodePort}', '30080'],
  ])('%s', (line, expected) => {
    expect(kubectl(line).text).toBe(expected)
  })

  test('yaml and json have their keys sorted', () => {
    expect(lines(kubectl('get widget w -o yaml').text).slice(0, 3)).toEqual([
      'apiVersion: example.com/v1',
      'kind: Widget',
      'metadata:',
    ])
    const list = JSON.parse(kubectl('get widgets -o json').text)
    expect([Object.keys(list), list.items[0].spec]).toEqual([['apiVersion', 'items', 'kind', 'metadata'], { size: 3 }])
  })
})

describe('refusals', () => {
  test.each([
    ['get pod nope', 'Error from server (NotFound): pods "nope" not found\n', 1],
    ['get deploy nope', 'Error from server (NotFound): deployments.apps "nope" not found\n', 1],
    ['get foo', 'error: the server doesn\'t have a resource type "foo"\n', 1],
    ['get widgets.example.org', 'error: the server doesn\'t have a resource type "widgets.example.org"\n', 1],
    ['get deployments.v1beta1.apps', 'error: the server doesn\'t have a resource type "deployments.v1beta1.apps"\n', 1],
    ['get cm', 'No resources found in default namespace.\n', 0],
    ['get cm -n shop', 'No resources found in shop namespace.\n', 0],
    ['get cm -A', 'No resources found\n', 0],
    ['get pods -l app==', 'No resources found in default namespace.\n', 0],
    [
      'get pods -l =x',
      "Error from server (BadRequest): unable to parse requirement: found '=', expected: !, identifier, or 'end of string'\n",
      1,
    ],
    ['get pods --frobnicate', "error: unknown flag: --frobnicate\nSee 'kubectl get --help' for usage.\n", 1],
    [
      'get pods -o nonsense',
      'error: unable to match a printer suitable for the output format "nonsense", allowed formats are: custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,wide,yaml\n',
      1,
    ],
    ['--context east get pods', 'error: context "east" does not exist\n', 1],
    ['frobnicate', 'error: unknown command "frobnicate" for "kubectl"\n', 1],
    [
      'get endpoints',
      'Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice\nNo resources found in default namespace.\n',
      0,
    ],
  ])('%s', (line, stderr, exitCode) => {
    expect(kubectl(line)).toEqual({ text: '', stderr, exitCode })
  })
})

describe('describe', () => {
  test('a pod', () => {
    expect(kubectl('describe pod web-1').text).toMatchInlineSnapshot(`
      "Name:             web-1
      Namespace:        default
      Priority:         0
      Service Account:  default
      Node:             worker/192.168.10.11
      Start Time:       Thu, 01 Jan 2026 00:00:05 +0000
      Labels:           app=web
      Annotations:      <none>
      Status:           Running
      IP:               10.244.1.2
      IPs:
        IP:  10.244.1.2
      Containers:
        nginx:
          Container ID:   
          Image:          nginx:1.27
          Image ID:       
          Port:           80/TCP (http)
          Host Port:      0/TCP (http)
          State:          Running
            Started:      Thu, 01 Jan 2026 00:00:07 +0000
          Ready:          True
          Restart Count:  0
          Readiness:      http-get http://:80/ delay=0s timeout=1s period=10s #success=1 #failure=3
          Environment:    <none>
          Mounts:         <none>
      Conditions:
        Type           Status
        Ready          True 
      Volumes:         <none>
      Node-Selectors:  <none>
      Tolerations:     node.kubernetes.io/not-ready:NoExecute op=Exists for 300s
                       node.kubernetes.io/unreachable:NoExecute op=Exists for 300s
      Events:
        Type    Reason     Age   From               Message
        ----    ------     ----  ----               -------
        Normal  Scheduled  60s   default-scheduler  Successfully assigned default/web-1 to worker
      "
    `)
  })
  test('a Service names the ready endpoints behind each port', () => {
    expect(kubectl('describe svc web').text).toMatchInlineSnapshot(`
      "Name:                     web
      Namespace:                default
      Labels:                   <none>
      Annotations:              <none>
      Selector:                 app=web
      Type:                     NodePort
      IP Family Policy:         SingleStack
      IP Families:              IPv4
      IP:                       10.96.20.30
      IPs:                      10.96.20.30
      Port:                     <unset>  80/TCP
      TargetPort:               8080/TCP
      NodePort:                 <unset>  30080/TCP
      Endpoints:                10.244.1.2:8080
      Session Affinity:         None
      External Traffic Policy:  Cluster
      Internal Traffic Policy:  Cluster
      Events:                   <none>
      "
    `)
  })
  test('a Deployment', () => {
    expect(kubectl('describe deploy web').text).toMatchInlineSnapshot(`
      "Name:                   web
      Namespace:              default
      CreationTimestamp:      Thu, 01 Jan 2026 00:00:04 +0000
      Labels:                 <none>
      Annotations:            <none>
      Selector:               app=web
      Replicas:               2 desired | 2 updated | 2 total | 1 available | 1 unavailable
      StrategyType:           RollingUpdate
      MinReadySeconds:        0
      RollingUpdateStrategy:  25% max unavailable, 25% max surge
      Pod Template:
        Labels:  app=web
        Containers:
          nginx:
            Image:        nginx:1.27
            Port:         80/TCP
            Host Port:    0/TCP
            Environment:  <none>
            Mounts:       <none>
        Volumes:          <none>
        Node-Selectors:   <none>
        Tolerations:      <none>
      OldReplicaSets:     <none>
      NewReplicaSet:      <none>
      Events:             <none>
      "
    `)
  })
  test('a node lists its pods', () => {
    expect(kubectl('describe node worker').text).toMatch(/^Non-terminated Pods: +\(1 in total\)$/m)
  })
})

describe('ages', () => {
  test.each([
    [-5, '<invalid>'],
    [0, '0s'],
    [119, '119s'],
    [120, '2m'],
    [135, '2m15s'],
    [599, '9m59s'],
    [600, '10m'],
    [3 * 3600, '3h'],
    [3 * 3600 + 60, '3h1m'],
    [8 * 3600, '8h'],
    [49 * 3600, '2d1h'],
    [8 * 86400, '8d'],
    [800 * 86400, '2y70d'],
  ])('%d seconds', (seconds, text) => {
    expect(humanDuration(seconds)).toBe(text)
  })
})

describe('JSONPath', () => {
  const value = {
    items: [
      { name: 'a', n: 1, labels: { 'x.y/z': 'q' } },
      { name: 'b', n: 2 },
    ],
  }
  test.each([
    ['{.items[0].name}', 'a'],
    ['{.items[-1].name}', 'b'],
    ['{.items[*].n}', '1 2'],
    ['{range .items[*]}{.name}{"\\t"}{.n}{"\\n"}{end}', 'a\t1\nb\t2\n'],
    ['{.items[?(@.n>1)].name}', 'b'],
    ['{.items[0].labels.x\\.y/z}', 'q'],
    ["{.items[0].labels['x.y/z']}", 'q'],
    ['{..name}', 'a b'],
    ['{.items[0:1].name}', 'a'],
    ['{.items[0].labels}', '{"x.y/z":"q"}'],
    ['{.nothing.here}', ''],
    ['n={.items[1].n};', 'n=2;'],
  ])('%s', (template, text) => {
    expect(evaluateTemplate(template, value)).toEqual({ ok: true, value: text })
  })
})

test('YAML is quoted as Go quotes it', () => {
  const value = {
    b: 'true',
    a: '8080',
    d: '*x',
    c: 'plain text',
    e: 'two\nlines\n',
    f: '',
    g: [{ y: 1 }, 'on'],
    h: {},
    i: [],
    j: '2026-01-01T00:00:00Z',
    k: '22:22',
    l: 'a: b',
  }
  expect(lines(toYaml(value))).toEqual([
    'a: "8080"',
    'b: "true"',
    'c: plain text',
    "d: '*x'",
    'e: |',
    '  two',
    '  lines',
    'f: ""',
    'g:',
    '- "y": 1',
    '- "on"',
    'h: {}',
    'i: []',
    'j: "2026-01-01T00:00:00Z"',
    'k: "22:22"',
    "l: 'a: b'",
  ])
})
