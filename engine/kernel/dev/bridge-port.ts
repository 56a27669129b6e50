import type { Tx } from '../../core/world.ts'
import type { FdbRow, LinkRow } from '../tables.ts'

/** Makes a link a port of a bridge, with its MAC as a local entry. Models net/bridge/br_if.c br_add_if(). */
export function adoptPort(tx: Tx, link: LinkRow, bridge: string): void {
  tx.put('link', { ...link, master: bridge, port: { hairpin: false, learning: true, flood: true, isolated: false } })
  tx.put('fdb', localEntry(link, bridge))
  followPorts(tx, bridge)
}

/** The port goes, and all that the bridge knew through it. Models br_del_if(). */
export function releasePort(tx: Tx, link: LinkRow): void {
  const bridge = link.master
  if (!bridge) return
  const { master: _, port: __, ...rest } = link
  tx.put('link', rest)
  for (const row of tx.by('fdb', 'link', link.id)) if (row.bridge) tx.delete('fdb', row.id)
  followPorts(tx, bridge)
}

/** A bridge whose MAC nobody set has its lowest port's. Models br_stp_recalculate_bridge_id(). */
export function followPorts(tx: Tx, bridge: string): void {
  const row = tx.get('link', bridge)
  if (!row?.bridge || row.bridge.macFixed) return
  let lowest: LinkRow['mac'] | undefined
  for (const port of tx.by('link', 'master', bridge)) if (lowest === undefined || port.mac < lowest) lowest = port.mac
  if (lowest && lowest !== row.mac) tx.put('link', { ...row, mac: lowest })
}

/** The port's MAC changed: the bridge's local entry for it follows. Models br_fdb_changeaddr(). */
export function followMac(tx: Tx, link: LinkRow, before: LinkRow['mac']): void {
  if (!link.master) return
  tx.delete('fdb', localEntry({ ...link, mac: before }, link.master).id)
  tx.put('fdb', localEntry(link, link.master))
  followPorts(tx, link.master)
}

function localEntry(link: LinkRow, bridge: string): FdbRow {
  return {
    id: `${link.id}|${link.mac}|${bridge}`,
    netns: link.netns,
    link: link.id,
    bridge,
    mac: link.mac,
    state: 'permanent',
    flags: ['master', 'local'],
    updatedUs: 0,
    owner: 'kernel',
  }
}
