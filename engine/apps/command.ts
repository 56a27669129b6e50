import type { ContainerSpec, Listen } from './listens.ts'
import { agnhostListens, declaredOr } from './images.ts'

/** What a command line listens on. Undefined: a program that we do not know; an empty list: one that listens on nothing. */
export function commandListens(words: readonly string[], container: ContainerSpec): readonly Listen[] | undefined {
  const [program, ...args] = words
  if (program === undefined) return undefined
  const name = program.split('/').pop() ?? program
  if ((name === 'sh' || name === 'bash' || name === 'ash' || name === 'dash') && /^-\w*c$/.test(args[0] ?? ''))
    return scriptListens(args[1] ?? '', container)
  if (name === 'sh' || name === 'bash' || name === 'ash') return args.length === 0 ? [] : undefined
  const known = PROGRAMS[name.replace(/^python[\d.]*$/, 'python')]
  if (known) return known(args, container)
  return SILENT.has(name) ? [] : undefined
}

type Program = (args: readonly string[], container: ContainerSpec) => readonly Listen[] | undefined

const tcp = (port: number, process: string, address?: string): Listen => ({
  port,
  proto: 'tcp',
  ...(address ? { address } : {}),
  program: 'listener',
  process,
})

/** Programs that stand in command lines, in the spelling of their manual pages. */
const PROGRAMS: Readonly<Record<string, Program>> = {
  nc: netcat,
  ncat: netcat,
  netcat,
  socat: (args) =>
    args.flatMap((arg) => {
      const match = /^(TCP|UDP)[46]?-(?:LISTEN|RECVFROM|RECV):(\d+)(?:.*bind=([\d.]+))?/i.exec(arg)
      return match
        ? [{ ...tcp(Number(match[2]), 'socat', match[3]), proto: match[1].toLowerCase() as 'tcp' | 'udp' }]
        : []
    }),
  httpd: (args, container) =>
    /httpd/.test(container.image ?? '') ? declaredOr(container, [80], 'httpd') : [busyboxHttpd(args)],
  busybox: (args) =>
    args[0] === 'httpd' ? [busyboxHttpd(args.slice(1))] : args[0] === 'nc' ? netcat(args.slice(1)) : [],
  python: (args) => {
    const at = args.indexOf('-m')
    const module = at < 0 ? undefined : args[at + 1]
    if (module !== 'http.server' && module !== 'SimpleHTTPServer') return undefined
    const rest = args.slice(at + 2)
    const bind = option(rest, '--bind', '-b')
    const port = rest.find((arg, i) => /^\d+$/.test(arg) && rest[i - 1] !== '--bind' && rest[i - 1] !== '-b')
    return [tcp(Number(port ?? 8000), 'python3', bind)]
  },
  nginx: (_args, container) => declaredOr(container, [80], 'nginx'),
  'apache2-foreground': (_args, container) => declaredOr(container, [80], 'apache2'),
  'httpd-foreground': (_args, container) => declaredOr(container, [80], 'httpd'),
  'redis-server': (args) => [
    tcp(
      Number(option(args, '--port') ?? 6379),
      'redis-server',
      option(args, '--bind')
        ?.split(/\s+/)[0]
        .replace(/^(0\.0\.0\.0|\*)$/, '') || undefined,
    ),
  ],
  mysqld: (args) => [tcp(Number(option(args, '--port') ?? 3306), 'mysqld', loopback(option(args, '--bind-address')))],
  postgres: (args) => [tcp(Number(option(args, '-p') ?? 5432), 'postgres')],
  mongod: (args) => [
    tcp(
      Number(option(args, '--port') ?? 27017),
      'mongod',
      args.includes('--bind_ip_all') ? undefined : loopback(option(args, '--bind_ip')),
    ),
  ],
  memcached: (args) => [tcp(Number(option(args, '-p') ?? 11211), 'memcached', loopback(option(args, '-l')))],
  etcd: (args) =>
    urlPorts(
      [
        option(args, '--listen-client-urls') ?? 'http://localhost:2379',
        option(args, '--listen-peer-urls') ?? 'http://localhost:2380',
      ],
      'etcd',
    ),
  agnhost: (args) => agnhostListens(args),
  flanneld: (args) => {
    const port = Number(option(args, '--healthz-port', '-healthz-port') ?? 0)
    return port > 0 ? [tcp(port, 'flanneld', loopback(option(args, '--healthz-ip', '-healthz-ip')))] : []
  },
  heapster: (args) => [tcp(Number(option(args, '--heapster-port') ?? 8082), 'heapster')],
  'http-echo': (args) => [
    tcp(Number(/:?(\d+)$/.exec(option(args, '-listen', '--listen') ?? '5678')?.[1] ?? 5678), 'http-echo'),
  ],
  iperf3: (args) => (args.includes('-s') ? [tcp(Number(option(args, '-p', '--port') ?? 5201), 'iperf3')] : []),
  iperf: (args) => (args.includes('-s') ? [tcp(Number(option(args, '-p') ?? 5001), 'iperf')] : []),
}

/** Programs that open no listening socket, and the words of a shell script around them. */
const SILENT: ReadonlySet<string> = new Set(
  (
    'sleep echo printf true false : tail cat date wget curl ping ping6 traceroute nslookup dig host watch env export set exit trap wait cd ls mkdir cp mv rm touch chmod chown ' +
    'test [ while until for do done if then else elif fi break continue read seq expr sed awk grep cut tr head hostname id uname kill pause exec apk apt-get apt yum bash sh ' +
    '[[ printenv kindnetd install-conf perl tcpdump ip iptables openssl base64 kubectl mysql psql redis-cli mongo mongosh dd stress stress-ng tee { } sysctl mount ln sync yes shuf ps top nproc'
  ).split(' '),
)

/** A shell script: what its programs listen on; unknown if one of them is, and none that we know listens. */
function scriptListens(script: string, container: ContainerSpec): readonly Listen[] | undefined {
  const found: Listen[] = []
  let unknown = false
  for (const piece of script.split(/&&|\|\||[;|&\n]/)) {
    let words = splitWords(piece)
    while (words.length > 0 && (PREFIXES.has(words[0]) || /^\w+=/.test(words[0]))) words = words.slice(1)
    if (words.length === 0) continue
    const listens = commandListens(words, container)
    if (listens === undefined) unknown = true
    else
      for (const listen of listens)
        if (
          !found.some(
            (other) => other.port === listen.port && other.proto === listen.proto && other.address === listen.address,
          )
        )
          found.push(listen)
  }
  return unknown && found.length === 0 ? undefined : found
}

/** Words that stand before the program in a script. */
const PREFIXES: ReadonlySet<string> = new Set([
  'do',
  'then',
  'else',
  'exec',
  'sudo',
  'nohup',
  'time',
  'while',
  'until',
  'if',
  '(',
  '{',
  '!',
])

function splitWords(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, double, single, bare]) => double ?? single ?? bare)
}

/** `-l` listens; the port follows `-p` or stands alone; `-s` is the address in OpenBSD's and busybox' spelling. */
function netcat(args: readonly string[]): readonly Listen[] {
  const flags = args.filter((arg) => /^-[a-zA-Z]+$/.test(arg)).join('')
  if (!flags.includes('l') && !args.includes('--listen')) return []
  const port = args.find((arg, i) => /^\d+$/.test(arg) && !/^-\w*[wiqs]$/.test(args[i - 1] ?? ''))
  const address = option(args, '-s') ?? args.find((arg) => /^\d+\.\d+\.\d+\.\d+$/.test(arg))
  if (port === undefined) return []
  return [
    {
      ...tcp(Number(port), 'nc', loopback(address)),
      proto: flags.includes('u') || args.includes('--udp') ? 'udp' : 'tcp',
    },
  ]
}

function busyboxHttpd(args: readonly string[]): Listen {
  const match = /^(?:([\d.]+):)?(\d+)$/.exec(option(args, '-p') ?? '80')
  return tcp(Number(match?.[2] ?? 80), 'httpd', match?.[1])
}

/** `--flag value`, `--flag=value`, or `-pvalue` for one-letter flags. */
export function option(args: readonly string[], ...names: readonly string[]): string | undefined {
  for (let i = 0; i < args.length; i++) {
    for (const name of names) {
      if (args[i] === name) return args[i + 1]
      if (args[i].startsWith(`${name}=`)) return args[i].slice(name.length + 1)
      if (/^-\w$/.test(name) && args[i].startsWith(name) && /^\d/.test(args[i].slice(2))) return args[i].slice(2)
    }
  }
  return undefined
}

/** The address if it is a loopback one: anything else is reachable, and we bind it to every address. */
function loopback(address: string | undefined): string | undefined {
  if (address === 'localhost') return '127.0.0.1'
  return address?.startsWith('127.') || address === '::1' ? address : undefined
}

/** Ports of comma-separated URLs such as `http://0.0.0.0:2379`. */
export function urlPorts(lists: readonly string[], process: string): Listen[] {
  return lists.flatMap((list) =>
    list.split(',').flatMap((url) => {
      const match = /^https?:\/\/(\[[^\]]+\]|[^:/]+):(\d+)/.exec(url.trim())
      return match ? [tcp(Number(match[2]), process, loopback(match[1].replace(/[[\]]/g, '')))] : []
    }),
  )
}
