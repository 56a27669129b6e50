import { describe, expect, test } from 'vitest'
import { repositoryOf } from './images.ts'
import { type ContainerSpec, listensOf, listensOfPod } from './listens.ts'

const short = (container: Omit<ContainerSpec, 'name'>, annotations?: Record<string, string>) =>
  listensOf({ name: 'c', ...container }, annotations).ports.map(
    (l) => `${l.address ? `${l.address.includes(':') ? `[${l.address}]` : l.address}:` : ''}${l.port}/${l.proto}`,
  )

describe('what a container listens on', () => {
  test.each<[string, Omit<ContainerSpec, 'name'>, string[]]>([
    ['nginx opens a socket per family', { image: 'nginx:1.27' }, ['0.0.0.0:80/tcp', '[::]:80/tcp']],
    [
      'nginx listens on 80 whatever is declared',
      { image: 'nginx', ports: [{ containerPort: 8080 }] },
      ['0.0.0.0:80/tcp', '[::]:80/tcp'],
    ],
    [
      'flanneld tells of its health where it is told to',
      {
        image: 'ghcr.io/flannel-io/flannel:v0.28.9',
        command: ['/opt/bin/flanneld'],
        args: ['--ip-masq', '--healthz-port=8081'],
      },
      ['8081/tcp'],
    ],
    ['flanneld without that: nothing', { image: 'flannel', command: ['/opt/bin/flanneld'], args: ['--ip-masq'] }, []],
    [
      'nginx listens where its mounted configuration says',
      {
        image: 'nginx',
        ports: [{ containerPort: 80 }],
        configuration: [
          'server {\n  listen 8080;\n  listen [::]:8080 ipv6only=on;\n  # listen 9;\n}\nserver { listen 127.0.0.1:81 default_server; }',
          'not: nginx',
        ],
      },
      ['0.0.0.0:8080/tcp', '[::]:8080/tcp', '127.0.0.1:81/tcp'],
    ],
    [
      'an unknown image: what is declared, and where its probes knock',
      {
        image: 'acme/app',
        ports: [{ containerPort: 8080 }],
        livenessProbe: { httpGet: { port: 9440 } },
        readinessProbe: { tcpSocket: { port: 'http' } },
      },
      ['8080/tcp', '9440/tcp'],
    ],
    [
      'a known image does not open a port because a probe knocks there',
      { image: 'nginx', readinessProbe: { tcpSocket: { port: 81 } } },
      ['0.0.0.0:80/tcp', '[::]:80/tcp'],
    ],
    [
      'nginx with a mounted configuration: what is declared',
      { image: 'nginx', ports: [{ containerPort: 8443 }], volumeMounts: [{ mountPath: '/etc/nginx/conf.d' }] },
      ['8443/tcp'],
    ],
    [
      'agnhost netexec with its flags',
      {
        image: 'registry.k8s.io/e2e-test-images/agnhost:2.53',
        args: ['netexec', '--http-port=8080', '--udp-port', '9090'],
      },
      ['8080/tcp', '9090/udp'],
    ],
    ['agnhost netexec without flags', { image: 'agnhost', args: ['netexec'] }, ['8080/tcp', '8081/udp']],
    [
      'agnhost serve-hostname',
      { image: 'registry.k8s.io/e2e-test-images/agnhost:2.39', args: ['serve-hostname'] },
      ['9376/tcp'],
    ],
    ['agnhost pause', { image: 'registry.k8s.io/e2e-test-images/agnhost:2.39' }, []],
    [
      'agnhost by command',
      { image: 'agnhost', command: ['/agnhost', 'netexec', '--http-port=80', '--udp-port=-1'] },
      ['80/tcp'],
    ],
    [
      'coredns',
      { image: 'registry.k8s.io/coredns/coredns:v1.11.1', args: ['-conf', '/etc/coredns/Corefile'] },
      ['53/udp', '53/tcp', '9153/tcp', '8080/tcp', '8181/tcp'],
    ],
    ['a sleeping busybox', { image: 'busybox', command: ['sleep', '3600'], ports: [{ containerPort: 80 }] }, []],
    [
      'a shell that loops',
      { image: 'busybox', command: ['sh', '-c', 'while true; do wget -qO- http://web; sleep 1; done'] },
      [],
    ],
    ['args replace the default command', { image: 'busybox', args: ['/bin/sh', '-c', 'sleep 10'] }, []],
    [
      'netcat in a loop',
      { image: 'busybox', command: ['sh', '-c', 'while true; do echo hi | nc -l -p 8080; done'] },
      ['8080/tcp'],
    ],
    ['netcat over UDP', { image: 'alpine', command: ['nc', '-lu', '-p', '5353'] }, ['5353/udp']],
    ['netcat as a client', { image: 'alpine', command: ['nc', 'web', '80'] }, []],
    ['busybox httpd', { image: 'busybox', command: ['httpd', '-f', '-p', '8000'] }, ['8000/tcp']],
    [
      'busybox httpd on loopback',
      { image: 'busybox', command: ['sh', '-c', 'httpd -f -p 127.0.0.1:8000'] },
      ['127.0.0.1:8000/tcp'],
    ],
    ['python', { image: 'python:3.12', command: ['python', '-m', 'http.server', '9000'] }, ['9000/tcp']],
    [
      'python on loopback',
      { image: 'python:3.12', command: ['python3', '-m', 'http.server', '--bind', '127.0.0.1'] },
      ['127.0.0.1:8000/tcp'],
    ],
    [
      'an unknown program: what it declares',
      {
        image: 'acme/api',
        command: ['/app/server'],
        ports: [{ containerPort: 7070 }, { containerPort: 53, protocol: 'UDP' }],
      },
      ['7070/tcp', '53/udp'],
    ],
    ['redis by flag', { image: 'redis:7', args: ['--port', '6380'] }, ['6380/tcp']],
    ['etcd defaults to loopback', { image: 'quay.io/coreos/etcd:v3.5' }, ['127.0.0.1:2379/tcp', '127.0.0.1:2380/tcp']],
    [
      'etcd with urls',
      {
        image: 'etcd',
        command: ['etcd', '--listen-client-urls=http://0.0.0.0:2379', '--listen-peer-urls', 'http://0.0.0.0:2380'],
      },
      ['2379/tcp', '2380/tcp'],
    ],
    [
      'microservices-demo by PORT',
      {
        image: 'us-central1-docker.pkg.dev/google-samples/microservices-demo/cartservice:v0.10',
        env: [{ name: 'PORT', value: '7070' }],
      },
      ['7070/tcp'],
    ],
    [
      'microservices-demo by containerPort',
      { image: 'gcr.io/google-samples/microservices-demo/frontend:v1', ports: [{ containerPort: 8081 }] },
      ['8081/tcp'],
    ],
    ['bookinfo', { image: 'docker.io/istio/examples-bookinfo-productpage-v1:1.20' }, ['9080/tcp']],
    ['bookinfo’s database', { image: 'docker.io/istio/examples-bookinfo-mongodb:1.20' }, ['27017/tcp']],
    [
      'Istio’s echo server: a port per flag',
      {
        image: 'registry.istio.io/testing/app',
        args: ['--port', '8080', '--tcp=9090', '--grpc', '7070', '--xds-grpc-server=7070'],
      },
      ['8080/tcp', '9090/tcp', '7070/tcp'],
    ],
    [
      'ingress-nginx: its defaults and what else is declared',
      { image: 'registry.k8s.io/ingress-nginx/controller', ports: [{ containerPort: 80 }, { containerPort: 2443 }] },
      ['80/tcp', '443/tcp', '8443/tcp', '10254/tcp', '2443/tcp'],
    ],
    [
      'a sentinel in the image of redis',
      { image: 'registry.k8s.io/redis:v1', env: [{ name: 'SENTINEL', value: 'true' }] },
      ['26379/tcp'],
    ],
    ['PHP with Apache', { image: 'php:8-apache' }, ['80/tcp']],
    ['PHP alone is a command line', { image: 'php:8-cli' }, []],
    ['mysql', { image: 'mysql:8' }, ['3306/tcp', '33060/tcp']],
    ['http-echo', { image: 'hashicorp/http-echo', args: ['-listen=:5679', '-text=hi'] }, ['5679/tcp']],
  ])('%s', (_name, container, expected) => {
    expect(short(container)).toEqual(expected)
  })

  test('the annotation overrides both', () => {
    expect(
      short({ image: 'nginx' }, { 'podwalk.dev/listen': '8080/TCP, 53/UDP,127.0.0.1:9000/TCP, [::1]:9001' }),
    ).toEqual(['8080/tcp', '53/udp', '127.0.0.1:9000/tcp', '[::1]:9001/tcp'])
  })

  test('an annotation that cannot be read says which part', () => {
    const { ports, diagnostic } = listensOf(
      { name: 'c', image: 'nginx' },
      { 'podwalk.dev/listen': '80/TCP, http, 70000/TCP' },
    )
    expect(ports.map((p) => p.port)).toEqual([80])
    expect(diagnostic).toContain('"http", "70000/TCP"')
  })

  test('the annotation of a pod goes to its first container only', () => {
    const all = listensOfPod(
      {
        containers: [
          { name: 'a', image: 'nginx' },
          { name: 'b', image: 'nginx' },
        ],
      },
      { 'podwalk.dev/listen': '8080/TCP' },
    )
    expect(all.map((entry) => [entry.container, entry.ports.map((p) => p.port)])).toEqual([
      ['a', [8080]],
      ['b', []],
    ])
  })

  test('a probe that knocks at a sibling’s port opens none', () => {
    const all = listensOfPod({
      containers: [
        { name: 'router', image: 'acme/router', livenessProbe: { httpGet: { port: 9121 } } },
        { name: 'metrics', image: 'acme/metrics', ports: [{ containerPort: 9121 }] },
      ],
    })
    expect(all.map(({ container, ports }) => [container, ports.map(({ port }) => port)])).toEqual([
      ['router', []],
      ['metrics', [9121]],
    ])
  })

  test('a container about which nothing is known says so', () => {
    expect(listensOf({ name: 'api', image: 'acme/api:1' })).toEqual({
      ports: [],
      diagnostic: expect.stringContaining('container "api": nothing is known about image acme/api:1'),
    })
  })

  test.each([
    ['nginx', 'nginx'],
    ['docker.io/library/nginx:1.27@sha256:00ff', 'nginx'],
    ['registry:5000/team/web:v1', 'team/web'],
    ['registry.k8s.io/coredns/coredns:v1.11.1', 'coredns/coredns'],
  ])('repository of %s', (image, repository) => {
    expect(repositoryOf(image)).toBe(repository)
  })
})
