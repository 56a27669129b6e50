import { option, urlPorts } from './command.ts'
import type { ContainerSpec, Listen } from './listens.ts'

/** What an image's own entrypoint listens on; undefined for an image that is not in the table. */
export function imageListens(container: ContainerSpec): readonly Listen[] | undefined {
  const repository = repositoryOf(container.image ?? '')
  for (const [pattern, listens] of IMAGES) if (pattern.test(repository)) return listens(container)
  return undefined
}

/** `docker.io/library/nginx:1.27@sha256:...` -> `nginx`; `registry.k8s.io/e2e-test-images/agnhost:2.53` -> `e2e-test-images/agnhost`. */
export function repositoryOf(image: string): string {
  const bare = image.replace(/@.*$/, '').replace(/:[^/:]*$/, '')
  const parts = bare.split('/')
  if (parts.length > 1 && (/[.:]/.test(parts[0]) || parts[0] === 'localhost')) parts.shift()
  if (parts[0] === 'library') parts.shift()
  return parts.join('/')
}

type Rule = (container: ContainerSpec) => readonly Listen[]

const listen = (port: number, process: string, proto: Listen['proto'] = 'tcp', program = 'listener'): Listen => ({
  port,
  proto,
  program,
  process,
})
const ports =
  (process: string, ...list: readonly number[]): Rule =>
  () =>
    list.map((port) => listen(port, process))
const nothing: Rule = () => []
/** Its configuration is usually mounted: then the declared ports are better known than the image's default. */
const configured =
  (process: string, ...list: readonly number[]): Rule =>
  (container) =>
    declaredOr(container, list, process)
/** The port is in an environment variable, else declared, else the default. */
const byEnv =
  (process: string, name: string, fallback: number): Rule =>
  (container) => {
    const value = Number(/(\d+)$/.exec(envOf(container, name) ?? '')?.[1])
    if (value > 0) return [listen(value, process)]
    return declaredOr({ ...container, volumeMounts: [{ mountPath: '/etc' }] }, [fallback], process)
  }
/** The port is an argument, else the default. */
const byArg =
  (process: string, names: readonly string[], fallback: number, ...more: readonly number[]): Rule =>
  (container) => [
    listen(Number(/(\d+)$/.exec(option(container.args ?? [], ...names) ?? '')?.[1] ?? fallback), process),
    ...more.map((port) => listen(port, process)),
  ]

/** The image's default ports, or the declared ones where a volume is mounted over its configuration. */
export function declaredOr(container: ContainerSpec, defaults: readonly number[], process: string): readonly Listen[] {
  const mounted = container.volumeMounts?.some(({ mountPath }) =>
    /^\/(etc|usr\/local\/(apache2|etc)|opt)(\/|$)|conf/.test(mountPath),
  )
  const configured = process === 'nginx' ? nginxListens(container.configuration ?? []) : []
  if (configured.length > 0) return configured
  const declared = (container.ports ?? []).filter((port) => Number.isInteger(port.containerPort))
  if (mounted && declared.length > 0) {
    return declared.map((port) =>
      listen(port.containerPort, process, (port.protocol ?? 'TCP').toLowerCase() as Listen['proto']),
    )
  }
  // nginx opens a socket per family, the others one for both.
  if (process === 'nginx')
    return defaults.flatMap((port) => [
      { ...listen(port, process), address: '0.0.0.0' },
      { ...listen(port, process), address: '::', v6only: true },
    ])
  return defaults.map((port) => listen(port, process))
}

/** Directives `listen` of nginx' own language: `listen 8080;`, `listen [::]:443 ssl;`, `listen 127.0.0.1:81;`, `listen 53 udp;`. */
function nginxListens(texts: readonly string[]): readonly Listen[] {
  const found = new Map<string, Listen>()
  for (const text of texts) {
    for (const match of text.matchAll(/^[^#\n]*?\blisten\s+(?:(\[[0-9a-fA-F:]+\]|[\d.]+|\*):)?(\d+)\b([^;\n]*);/gm)) {
      const six = match[1]?.startsWith('[')
      const address = !match[1] || match[1] === '*' ? '0.0.0.0' : match[1].replace(/[[\]]/g, '')
      const proto = /\budp\b/.test(match[3]) ? 'udp' : 'tcp'
      const each = { ...listen(Number(match[2]), 'nginx', proto), address, ...(six ? { v6only: true } : {}) }
      found.set(`${address} ${each.port} ${proto}`, each)
    }
  }
  return [...found.values()]
}

const envOf = (container: ContainerSpec, name: string) => container.env?.find((entry) => entry.name === name)?.value

/** Sub-commands of the Kubernetes end-to-end test image. Models kubernetes/test/images/agnhost/README.md. */
export function agnhostListens(args: readonly string[]): readonly Listen[] {
  const [command, ...rest] = args
  const port = (name: string, fallback: number) => Number(option(rest, name) ?? fallback)
  const web = (value: number) => (value > 0 ? [listen(value, 'agnhost')] : [])
  switch (command) {
    case 'netexec': {
      const udp = port('--udp-port', 8081)
      const sctp = port('--sctp-port', -1)
      return [
        ...web(port('--http-port', 8080)),
        ...(udp > 0 ? [listen(udp, 'agnhost', 'udp')] : []),
        ...(sctp > 0 ? [listen(sctp, 'agnhost', 'sctp')] : []),
      ]
    }
    case 'serve-hostname': {
      const at = port('--port', 9376)
      return [
        ...(off(rest, '--tcp', false) && off(rest, '--http', true) ? [] : [listen(at, 'agnhost')]),
        ...(off(rest, '--udp', false) ? [] : [listen(at, 'agnhost', 'udp')]),
      ]
    }
    case 'nettest':
    case 'liveness':
    case 'resource-consumer':
    case 'no-snat-test':
      return web(port('--port', 8080))
    case 'guestbook':
      return web(port('--http-port', 80))
    case 'test-webserver':
      return web(port('--port', 80))
    case 'fake-gitserver':
      return web(8000)
    case 'webhook':
      return web(port('--port', 443))
    case 'grpc-health-checking':
      return [...web(port('--port', 5000)), ...web(port('--http-port', 8080))]
    default:
      return []
  }
}

/** True if a boolean flag is off: absent with default off, or `=false`. */
function off(args: readonly string[], name: string, byDefault: boolean): boolean {
  const given = args.find((arg) => arg === name || arg.startsWith(`${name}=`))
  return given === undefined ? !byDefault : given === `${name}=false`
}

/** Its defaults, and what is declared beside them: its configuration opens the further ports. */
function withDeclared(rule: Rule): Rule {
  return (container) => {
    const known = rule(container)
    const has = (port: number, proto: string) => known.some((each) => each.port === port && each.proto === proto)
    const more = declaredOr({ ...container, volumeMounts: [{ mountPath: '/etc' }] }, [], known[0]?.process ?? '')
    return [...known, ...more.filter(({ port, proto }) => !has(port, proto))]
  }
}

/** Istio's echo server: every `--port`, `--tcp`, `--grpc`, `--udp` opens one. Models pkg/test/echo/cmd/server/main.go. */
function istioEcho({ args = [] }: ContainerSpec): readonly Listen[] {
  const words = args.flatMap((arg) => arg.split('='))
  const after = (...names: readonly string[]) =>
    words.flatMap((word, i) => (names.includes(word) && /^\d+$/.test(words[i + 1] ?? '') ? [Number(words[i + 1])] : []))
  return [
    ...[...new Set(after('--port', '--tcp', '--grpc', '--metrics', '--xds-grpc-server'))].map((port) =>
      listen(port, 'server'),
    ),
    ...after('--udp').map((port) => listen(port, 'server', 'udp')),
  ]
}

/** A microservices-demo service: `PORT` in the environment, else what is declared. */
const DEMO =
  /(^|\/)(adservice|cartservice|checkoutservice|currencyservice|emailservice|frontend|paymentservice|productcatalogservice|recommendationservice|shippingservice)$/

/**
 * Known images by repository without registry and tag; the first match wins. Ports as the images' own documentation and
 * Dockerfiles (EXPOSE and default configuration) say. Order: special names before general ones.
 */
const IMAGES: readonly (readonly [RegExp, Rule])[] = [
  // Kubernetes' own.
  [/(^|\/)agnhost$/, (container) => agnhostListens(container.args?.length ? container.args : ['pause'])],
  [
    /(^|\/)coredns$/,
    () => [
      listen(53, 'coredns', 'udp', 'dns-server'),
      listen(53, 'coredns', 'tcp', 'dns-server'),
      listen(9153, 'coredns'),
      listen(8080, 'coredns'),
      listen(8181, 'coredns'),
    ],
  ],
  [/(^|\/)kube-proxy$/, () => [listen(10256, 'kube-proxy'), { ...listen(10249, 'kube-proxy'), address: '127.0.0.1' }]],
  [/(^|\/)kube-apiserver$/, byArg('kube-apiserver', ['--secure-port'], 6443)],
  [/(^|\/)kube-controller-manager$/, () => [{ ...listen(10257, 'kube-controller'), address: '127.0.0.1' }]],
  [/(^|\/)kube-scheduler$/, () => [{ ...listen(10259, 'kube-scheduler'), address: '127.0.0.1' }]],
  [
    /(^|\/)etcd$/,
    (container) => {
      const words = [...(container.command ?? []), ...(container.args ?? [])]
      const env = (name: string) => envOf(container, name)
      return urlPorts(
        [
          option(words, '--listen-client-urls', '-listen-client-urls') ??
            env('ETCD_LISTEN_CLIENT_URLS') ??
            'http://localhost:2379',
          option(words, '--listen-peer-urls', '-listen-peer-urls') ??
            env('ETCD_LISTEN_PEER_URLS') ??
            'http://localhost:2380',
        ],
        'etcd',
      )
    },
  ],
  [/(^|\/)(pause(-\w+)?|flannel|flannel-cni-plugin|kindnetd|kube-webhook-certgen)$/, nothing],
  [/(^|\/)(loadgenerator|load-test|slow_cooker|fortio-client)$/, nothing],
  [/(^|\/)(git-sync|k8s-sidecar|cluster-proportional-autoscaler(-\w+)?)$/, nothing],
  [/(^|\/)(nfs-client-provisioner|nfs-subdir-external-provisioner)$/, nothing],
  [/(^|\/)configmap-reload$/, ports('configmap-reload', 9533)],
  [/(^|\/)metrics-server$/, byArg('metrics-server', ['--secure-port'], 443)],
  [/(^|\/)kube-state-metrics$/, ports('kube-state-metr', 8080, 8081)],
  [/ingress-nginx\/controller$|nginx-ingress-controller$/, withDeclared(ports('nginx', 80, 443, 8443, 10254))],
  [/(^|\/)test-webserver(-amd64)?$/, ports('test-webserver', 80)],
  [/(^|\/)heapster(-amd64)?$/, ports('heapster', 8082)],
  [/(^|\/)echoserver$/, ports('nginx', 8080, 8443)],
  [/serve_hostname(-amd64)?$/, byArg('serve_hostname', ['-port', '--port'], 9376)],
  // Teaching and demo images.
  [/(^|\/)http-echo$/, byArg('http-echo', ['-listen', '--listen'], 5678)],
  [/(^|\/)go-httpbin$/, byEnv('go-httpbin', 'PORT', 8080)],
  [/(^|\/)httpbin$/, ports('gunicorn', 80)],
  [/(^|\/)kuard(-\w+)?$/, ports('kuard', 8080)],
  [/(^|\/)whoami$/, byArg('whoami', ['--port', '-port'], 80)],
  [
    /(^|\/)(hello-app|hello-kubernetes|kubernetes-bootcamp|hello-node|node-hello|go-hello)$/,
    byEnv('server', 'PORT', 8080),
  ],
  [/nginxdemos\/(hello|nginx-hello)$/, ports('nginx', 80)],
  [/jmalloc\/echo-server$/, byEnv('echo-server', 'PORT', 8080)],
  [/(^|\/)echo-server$/, byEnv('echo-server', 'PORT', 80)],
  [/examples-bookinfo-mongodb$/, ports('mongod', 27017)],
  [/examples-bookinfo-mysqldb$/, ports('mysqld', 3306)],
  [/examples-bookinfo-|bookinfo\//, ports('bookinfo', 9080)],
  [/(^|\/)(istio-)?testing\/app$/, istioEcho],
  [/(^|\/)kubia(-\w+)?$/, ports('node', 8080)],
  [/(^|\/)hello-frontend$/, configured('nginx', 80)],
  [/(^|\/)podinfo$/, byArg('podinfo', ['--port'], 9898)],
  [/(^|\/)(gb-frontend|gb_frontend|php-redis|hpa-example)$/, ports('apache2', 80)],
  [/(^|\/)(gb-redis-\w+|gb-redisslave|redis-slave|redis-follower)$/, ports('redis-server', 6379)],
  [/microservices-demo\/|online-?boutique/, byEnv('server', 'PORT', 8080)],
  [DEMO, byEnv('server', 'PORT', 8080)],
  // Web servers and proxies.
  [/(^|\/)nginx-unprivileged$/, configured('nginx', 8080)],
  [/^bitnami\w*\/nginx$/, configured('nginx', 8080)],
  [/(^|\/)nginx(-slim|-plus)?$|openresty$/, configured('nginx', 80)],
  [/^bitnami\w*\/apache$/, configured('httpd', 8080)],
  [/(^|\/)httpd$/, configured('httpd', 80)],
  [
    /(^|\/)caddy$/,
    (container) => [...declaredOr(container, [80], 'caddy'), { ...listen(2019, 'caddy'), address: '127.0.0.1' }],
  ],
  [/(^|\/)traefik$/, configured('traefik', 80)],
  [/(^|\/)tomcat$|(^|\/)jetty$/, configured('java', 8080)],
  [/(^|\/)(wordpress|drupal|joomla|nextcloud|phpmyadmin|matomo|moodle)$/, configured('apache2', 80)],
  [/(^|\/)adminer$/, ports('php', 8080)],
  [
    /(^|\/)php$/,
    ({ image = '' }) =>
      /apache/.test(image) ? [listen(80, 'apache2')] : /fpm/.test(image) ? [listen(9000, 'php-fpm')] : [],
  ],
  [/(^|\/)ghost$/, ports('node', 2368)],
  // Data stores and queues.
  [/(^|\/)redis-sentinel$/, ports('redis-sentinel', 26379)],
  // The image of the old examples runs a sentinel where the environment says so.
  [
    /^redis$/,
    (container) =>
      envOf(container, 'SENTINEL') === 'true'
        ? [listen(26379, 'redis-sentinel')]
        : byArg('redis-server', ['--port'], 6379)(container),
  ],
  [/(^|\/)(redis|valkey|redis-stack-server)$/, byArg('redis-server', ['--port'], 6379)],
  [/(^|\/)(mysql|mysql-server)$/, byArg('mysqld', ['--port'], 3306, 33060)],
  [/(^|\/)(mariadb|percona|percona-server)$/, byArg('mariadbd', ['--port'], 3306)],
  [/(^|\/)(postgres|postgresql|postgis|timescaledb)$/, byEnv('postgres', 'PGPORT', 5432)],
  [/(^|\/)(mongo|mongodb)$/, byArg('mongod', ['--port'], 27017)],
  [/(^|\/)memcached$/, byArg('memcached', ['-p', '--port'], 11211)],
  [/(^|\/)cassandra$/, ports('java', 7000, 7199, 9042)],
  [/(^|\/)(elasticsearch|opensearch)(-oss)?$/, ports('java', 9200, 9300)],
  [/(^|\/)kibana$/, ports('node', 5601)],
  [
    /(^|\/)rabbitmq$/,
    (container) =>
      ports('beam.smp', 4369, 5672, 25672, ...(/management/.test(container.image ?? '') ? [15672] : []))(container),
  ],
  [/(^|\/)(cp-)?kafka$/, configured('java', 9092)],
  [/(^|\/)(cp-)?zookeeper$|kubernetes-zookeeper$/, ports('java', 2181, 8080)],
  [/(^|\/)nats$/, ports('nats-server', 4222, 8222)],
  [/(^|\/)(heapster-)?influxdb(-amd64)?$/, ports('influxd', 8086)],
  [/(^|\/)cockroach$/, ports('cockroach', 26257, 8080)],
  [/(^|\/)minio$/, configured('minio', 9000)],
  // Operations.
  [/(^|\/)prometheus$/, byArg('prometheus', ['--web.listen-address'], 9090)],
  [/(^|\/)alertmanager$/, ports('alertmanager', 9093)],
  [/(^|\/)node-exporter$/, byArg('node_exporter', ['--web.listen-address'], 9100)],
  [/(^|\/)pushgateway$/, ports('pushgateway', 9091)],
  [/(^|\/)(heapster-)?grafana(-oss|-enterprise|-amd64)?$/, byEnv('grafana', 'GF_SERVER_HTTP_PORT', 3000)],
  // Jaeger before 2: thrift, its own gRPC, Zipkin's and OTLP's ports, the pages, the agent's UDP ports.
  [
    /(^|\/)(jaeger-)?all-in-one$/,
    (container) => [
      ...ports('jaeger', 4317, 4318, 5778, 14250, 14267, 14268, 14269, 16685, 16686)(container),
      ...(envOf(container, 'COLLECTOR_ZIPKIN_HOST_PORT') || envOf(container, 'COLLECTOR_ZIPKIN_HTTP_PORT')
        ? [listen(9411, 'jaeger')]
        : []),
      ...[5775, 6831, 6832].map((port) => listen(port, 'jaeger', 'udp')),
    ],
  ],
  [/(^|\/)jaegertracing\/jaeger$/, ports('jaeger', 4317, 4318, 5778, 8888, 9411, 13133, 14250, 14268, 16685, 16686)],
  [/(^|\/)zipkin(-slim)?$/, ports('java', 9411)],
  [/(^|\/)opentelemetry-collector(-\w+)?$/, withDeclared(ports('otelcol', 4317, 4318, 8888, 13133))],
  [/(^|\/)skywalking-oap-server$/, ports('java', 11800, 12800)],
  [/(^|\/)skywalking-ui$/, ports('java', 8080)],
  [/(^|\/)loki$/, configured('loki', 3100, 9095)],
  [/(^|\/)tempo$/, configured('tempo', 3200, 9095, 4317, 4318)],
  [/(^|\/)jenkins$/, ports('java', 8080, 50000)],
  [/(^|\/)(docker-)?registry$/, ports('registry', 5000)],
  [/(^|\/)vault$/, ports('vault', 8200)],
  [/(^|\/)consul$/, ports('consul', 8300, 8301, 8500, 8600)],
  [/(^|\/)fluentd(-\w+)*$|(^|\/)fluent-bit$|(^|\/)filebeat$|(^|\/)logstash$/, configured('fluentd')],
  // Bases and tools: their default command is a shell.
  [
    /(^|\/)(busybox|alpine|ubuntu|debian|centos|fedora|rockylinux|almalinux|amazonlinux|bash|curl|netshoot|curlimages\/curl|network-multitool|multitool|jessie-dnsutils|dnsutils|hello-world|git|kubectl|stress|perl)$/,
    nothing,
  ],
]
