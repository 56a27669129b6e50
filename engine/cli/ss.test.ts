import { describe, expect, test } from 'vitest'
import { World } from '../core/world.ts'
import type { Ip } from '../net/address.ts'
import type { SocketRow } from '../kernel/tables.ts'
import { TABLES } from '../tables.ts'
import { ssCommand } from './ss.ts'

const world = new World(TABLES)
const put = (
  id: string,
  row: Omit<Partial<SocketRow>, 'localIp' | 'remoteIp'> & { localIp: string; localPort: number; remoteIp?: string },
) =>
  world.put('socket', {
    id,
    netns: 'a',
    proto: 'tcp',
    family: row.localIp.includes(':') ? 'ipv6' : 'ipv4',
    state: 'LISTEN',
    app: 'x',
    process: 'python3',
    ...row,
    localIp: row.localIp as Ip,
    remoteIp: row.remoteIp as Ip | undefined,
  })

put('1', { localIp: '0.0.0.0', localPort: 80 })
put('2', { localIp: '::', localPort: 80, v6only: true })
put('3', { localIp: '::', localPort: 8080 })
put('4', { localIp: '127.0.0.1', localPort: 9000 })
put('5', { localIp: '::1', localPort: 9001 })
put('6', { localIp: '0.0.0.0', localPort: 53, proto: 'udp', state: 'UNCONN' })
put('7', { localIp: '::', localPort: 54, proto: 'udp', state: 'UNCONN' })
put('8', { localIp: '127.0.0.1', localPort: 36868, remoteIp: '127.0.0.1', remotePort: 9000, state: 'ESTAB' })
put('9', { localIp: '127.0.0.1', localPort: 8080, remoteIp: '127.0.0.1', remotePort: 43224, state: 'ESTAB' })
put('other', { localIp: '0.0.0.0', localPort: 81, netns: 'b' })

const ss = (...args: string[]) =>
  ssCommand
    .run(world, { netns: 'a', host: 'a' }, args)
    .lines.map((line) => line.text.replace(/4096(?=\s)/g, '128 '))
    .join('\n')

// What ss of iproute2 6.1.0 printed for the same sockets on Linux, with a backlog of 128.
describe('ss', () => {
  test('-ltn', () => {
    expect(ss('-ltn')).toBe(
      [
        'State  Recv-Q Send-Q Local Address:Port Peer Address:PortProcess',
        'LISTEN 0      128          0.0.0.0:80        0.0.0.0:*          ',
        'LISTEN 0      128        127.0.0.1:9000      0.0.0.0:*          ',
        'LISTEN 0      128             [::]:80           [::]:*          ',
        'LISTEN 0      128                *:8080            *:*          ',
        'LISTEN 0      128            [::1]:9001         [::]:*          ',
      ].join('\n'),
    )
  })

  test('-lnu, and -H without header', () => {
    expect(ss('-lnu')).toBe(
      [
        'State  Recv-Q Send-Q Local Address:Port Peer Address:PortProcess',
        'UNCONN 0      0            0.0.0.0:53        0.0.0.0:*          ',
        'UNCONN 0      0                  *:54              *:*          ',
      ].join('\n'),
    )
    expect(ss('-H', '-lnu')).toBe(['UNCONN 0 0 0.0.0.0:53 0.0.0.0:*', 'UNCONN 0 0       *:54       *:*'].join('\n'))
  })

  test('-tn: a connection to a dual-stack socket is an IPv6 socket', () => {
    expect(ss('-tn')).toBe(
      [
        'State Recv-Q Send-Q      Local Address:Port        Peer Address:Port Process',
        'ESTAB 0      0               127.0.0.1:36868          127.0.0.1:9000        ',
        'ESTAB 0      0      [::ffff:127.0.0.1]:8080  [::ffff:127.0.0.1]:43224       ',
      ].join('\n'),
    )
  })

  test('-ltnup names the protocol and the process', () => {
    const lines = ss('-ltnup').split('\n')
    expect(lines[0]).toMatch(/^Netid State {2}Recv-Q Send-Q Local Address:Port Peer Address:PortProcess +$/)
    expect(lines[1]).toMatch(
      /^udp {3}UNCONN 0 {6}0 {12}0\.0\.0\.0:53 {8}0\.0\.0\.0:\* {4}users:\(\("python3",pid=\d+,fd=8\)\) *$/,
    )
    expect(lines).toHaveLength(8)
  })

  test('names of services without -n', () => {
    expect(ss('-lt')).toContain('*:http-alt')
    expect(ss('-4', '-lt').split('\n')).toHaveLength(3)
  })

  test.each([
    ['-i', 'not modelled: -i\n', 2],
    ['-q', "ss: invalid option -- 'q'\n", 255],
  ])('%s', (flag, stderr, exitCode) => {
    expect(ssCommand.run(world, { netns: 'a', host: 'a' }, [flag])).toMatchObject({ stderr, exitCode })
  })
})
