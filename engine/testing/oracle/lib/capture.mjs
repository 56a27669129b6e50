// Captures every watched device in both directions at once, and merges the captures into one pcapng file whose
// interfaces are named `netns/dev` and whose packets carry their direction.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readPcap, writePcapng } from './pcap.mjs'
import { sleep, spawnInside } from './sh.mjs'

const SNAPLEN = 256

export async function startCapture(points) {
  const dir = mkdtempSync(join(tmpdir(), 'oracle-'))
  const taps = points.flatMap((point) => ['in', 'out'].map((direction) => ({ point, direction })))
  await Promise.all(taps.map((tap, index) => openTap(tap, join(dir, `${index}.pcap`))))
  return async function stop() {
    await sleep(50)
    await Promise.all(taps.map(closeTap))
    const packets = taps.flatMap((tap) =>
      readPcap(readFileSync(tap.file)).map((packet) => ({ ...packet, point: tap.point, dir: tap.direction })),
    )
    rmSync(dir, { recursive: true })
    packets.sort((a, b) => (a.ns < b.ns ? -1 : a.ns > b.ns ? 1 : 0))
    return writePcapng(points, packets, SNAPLEN)
  }
}

// Without -p a bridge would become promiscuous and hand itself a copy of every frame it only forwards.
function openTap(tap, file) {
  const [netns, dev] = tap.point.split('/')
  const argv = ['tcpdump', '-p', '-n', '-U', '--immediate-mode', '-s', `${SNAPLEN}`, '-Z', 'root']
  argv.push('--time-stamp-precision=nano', '-Q', tap.direction, '-i', dev, '-w', file)
  tap.file = file
  tap.process = spawnInside(netns, argv, { stdio: ['ignore', 'ignore', 'pipe'] })
  return new Promise((resolve, reject) => {
    let said = ''
    tap.process.stderr.on('data', (data) => {
      said += data
      if (said.includes('listening on')) resolve()
    })
    tap.process.on('exit', () => reject(new Error(`tcpdump on ${tap.point}: ${said}`)))
  })
}

function closeTap(tap) {
  return new Promise((resolve) => {
    tap.process.removeAllListeners('exit')
    tap.process.on('exit', resolve)
    tap.process.kill('SIGINT')
  })
}
