import { expect, test } from 'vitest'
import { parseRule } from './rule-parse.ts'
import { listHeader, listRule } from './rule-list.ts'
import { splitLine } from './words.ts'

// Left: the rule. Right: its line of `iptables -L -n -v --line-numbers` of 1.8.9 (nf_tables), from the target on.
const RECORDED: readonly (readonly [string, string])[] = [
  [
    '-p tcp -m tcp --dport 80 -j ACCEPT',
    'ACCEPT     6    --  *      *       0.0.0.0/0            0.0.0.0/0            tcp dpt:80',
  ],
  [
    '-m tcp -p tcp -d 10.96.0.1 --dport 443 -m comment --comment "default/kubernetes:https cluster IP" ! -s 10.244.0.0/16 -j D',
    'D          6    --  *      *      !10.244.0.0/16        10.96.0.1            tcp dpt:443 /* default/kubernetes:https cluster IP */',
  ],
  [
    '-m tcp -p tcp --sport 1000:2000 ! --dport 80 -j ACCEPT',
    'ACCEPT     6    --  *      *       0.0.0.0/0            0.0.0.0/0            tcp spts:1000:2000 dpt:!80',
  ],
  [
    '-p tcp --dport 80: -j ACCEPT',
    'ACCEPT     6    --  *      *       0.0.0.0/0            0.0.0.0/0            tcp dpts:80:65535',
  ],
  [
    '-p tcp --sport :90 -j ACCEPT',
    'ACCEPT     6    --  *      *       0.0.0.0/0            0.0.0.0/0            tcp spts:0:90',
  ],
  ['-p tcp -m tcp', '           6    --  *      *       0.0.0.0/0            0.0.0.0/0            tcp'],
  ['-p tcp -m tcp -j ACCEPT', 'ACCEPT     6    --  *      *       0.0.0.0/0            0.0.0.0/0            tcp'],
  ['! -p tcp -j ACCEPT', 'ACCEPT    !6    --  *      *       0.0.0.0/0            0.0.0.0/0           '],
  ['-p all -j ACCEPT', 'ACCEPT     0    --  *      *       0.0.0.0/0            0.0.0.0/0           '],
  ['-p 4 -j ACCEPT', 'ACCEPT     4    --  *      *       0.0.0.0/0            0.0.0.0/0           '],
  [
    '-p sctp --dport 99 -j ACCEPT',
    'ACCEPT     132  --  *      *       0.0.0.0/0            0.0.0.0/0            sctp dpt:99',
  ],
  [
    '-p udp -m multiport --dports 80,443,1000:2000 -j ACCEPT',
    'ACCEPT     17   --  *      *       0.0.0.0/0            0.0.0.0/0            multiport dports 80,443,1000:2000',
  ],
  [
    '-p tcp -m multiport ! --ports 80,443 -j ACCEPT',
    'ACCEPT     6    --  *      *       0.0.0.0/0            0.0.0.0/0            multiport ports  !80,443',
  ],
  [
    '-p tcp --syn -j ACCEPT',
    'ACCEPT     6    --  *      *       0.0.0.0/0            0.0.0.0/0            tcp flags:0x17/0x02',
  ],
  [
    '-p tcp ! --syn -j ACCEPT',
    'ACCEPT     6    --  *      *       0.0.0.0/0            0.0.0.0/0            tcp flags:!0x17/0x02',
  ],
  [
    '-p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu',
    'TCPMSS     6    --  *      *       0.0.0.0/0            0.0.0.0/0            tcp flags:0x06/0x02 TCPMSS clamp to PMTU',
  ],
  [
    '-p tcp --tcp-flags ALL NONE -j DROP',
    'DROP       6    --  *      *       0.0.0.0/0            0.0.0.0/0            tcp flags:0x3F/0x00',
  ],
  [
    '-p icmp --icmp-type echo-request -j ACCEPT',
    'ACCEPT     1    --  *      *       0.0.0.0/0            0.0.0.0/0            icmptype 8',
  ],
  [
    '-p icmp --icmp-type 3/4 -j ACCEPT',
    'ACCEPT     1    --  *      *       0.0.0.0/0            0.0.0.0/0            icmptype 3 code 4',
  ],
  [
    '-p icmp -m icmp ! --icmp-type any -j ACCEPT',
    'ACCEPT     1    --  *      *       0.0.0.0/0            0.0.0.0/0            icmp !type 255',
  ],
  ['-i eth0 -o cni+ -j ACCEPT', 'ACCEPT     0    --  eth0   cni+    0.0.0.0/0            0.0.0.0/0           '],
  ['! -i eth0 ! -o cni0 -j ACCEPT', 'ACCEPT     0    --  !eth0  !cni0   0.0.0.0/0            0.0.0.0/0           '],
  [
    '-m mark --mark 0x4000/0x4000 -j ACCEPT',
    'ACCEPT     0    --  *      *       0.0.0.0/0            0.0.0.0/0            mark match 0x4000/0x4000',
  ],
  [
    '-m mark ! --mark 0x1 -j RETURN',
    'RETURN     0    --  *      *       0.0.0.0/0            0.0.0.0/0            mark match ! 0x1',
  ],
  [
    '-m mark --mark 16 -j RETURN',
    'RETURN     0    --  *      *       0.0.0.0/0            0.0.0.0/0            mark match 0x10',
  ],
  [
    '-m connmark --mark 0x10/0xf0 -j ACCEPT',
    'ACCEPT     0    --  *      *       0.0.0.0/0            0.0.0.0/0            connmark match  0x10/0xf0',
  ],
  [
    '-m conntrack --ctstate DNAT,NEW,ESTABLISHED,RELATED,INVALID,SNAT,UNTRACKED -j ACCEPT',
    'ACCEPT     0    --  *      *       0.0.0.0/0            0.0.0.0/0            ctstate INVALID,NEW,RELATED,ESTABLISHED,UNTRACKED,SNAT,DNAT',
  ],
  [
    '-m state --state NEW,ESTABLISHED -j ACCEPT',
    'ACCEPT     0    --  *      *       0.0.0.0/0            0.0.0.0/0            state NEW,ESTABLISHED',
  ],
  [
    '-m addrtype --dst-type LOCAL -j ACCEPT',
    'ACCEPT     0    --  *      *       0.0.0.0/0            0.0.0.0/0            ADDRTYPE match dst-type LOCAL',
  ],
  [
    '-m addrtype ! --dst-type LOCAL --limit-iface-out -j ACCEPT',
    'ACCEPT     0    --  *      *       0.0.0.0/0            0.0.0.0/0            ADDRTYPE match dst-type !LOCAL limit-out',
  ],
  [
    '-m addrtype --src-type LOCAL --dst-type UNICAST -j ACCEPT',
    'ACCEPT     0    --  *      *       0.0.0.0/0            0.0.0.0/0            ADDRTYPE match src-type LOCAL dst-type UNICAST',
  ],
  [
    '-m addrtype --src-type LOCAL,BROADCAST -j ACCEPT',
    'ACCEPT     0    --  *      *       0.0.0.0/0            0.0.0.0/0            ADDRTYPE match src-type LOCAL,BROADCAST',
  ],
  [
    '-m statistic --mode random --probability 0.33333333349 -j ACCEPT',
    'ACCEPT     0    --  *      *       0.0.0.0/0            0.0.0.0/0            statistic mode random probability 0.33333333349',
  ],
  [
    '-m statistic --mode random --probability 0.5 -j ACCEPT',
    'ACCEPT     0    --  *      *       0.0.0.0/0            0.0.0.0/0            statistic mode random probability 0.50000000000',
  ],
  [
    '-m statistic --mode nth --every 3 --packet 0 -j ACCEPT',
    'ACCEPT     0    --  *      *       0.0.0.0/0            0.0.0.0/0            statistic mode nth every 3',
  ],
  [
    '-m set --match-set S src -j ACCEPT',
    'ACCEPT     0    --  *      *       0.0.0.0/0            0.0.0.0/0            match-set S src',
  ],
  [
    '-m set ! --match-set IP dst,dst -j ACCEPT',
    'ACCEPT     0    --  *      *       0.0.0.0/0            0.0.0.0/0            ! match-set IP dst,dst',
  ],
  [
    '-m recent --name X --rcheck --seconds 10800 --reap -j ACCEPT',
    'ACCEPT     0    --  *      *       0.0.0.0/0            0.0.0.0/0            recent: CHECK seconds: 10800 reap name: X side: source mask: 255.255.255.255',
  ],
  [
    '-m recent --name X --set -j ACCEPT',
    'ACCEPT     0    --  *      *       0.0.0.0/0            0.0.0.0/0            recent: SET name: X side: source mask: 255.255.255.255',
  ],
  [
    '-m recent --update --seconds 60 --hitcount 4 --name SSH --rdest -j DROP',
    'DROP       0    --  *      *       0.0.0.0/0            0.0.0.0/0            recent: UPDATE seconds: 60 hit_count: 4 name: SSH side: dest mask: 255.255.255.255',
  ],
  [
    '-m physdev --physdev-is-bridged -j ACCEPT',
    'ACCEPT     0    --  *      *       0.0.0.0/0            0.0.0.0/0            PHYSDEV match --physdev-is-bridged',
  ],
  [
    '-m physdev --physdev-in veth1 --physdev-is-in -j ACCEPT',
    'ACCEPT     0    --  *      *       0.0.0.0/0            0.0.0.0/0            PHYSDEV match --physdev-is-in --physdev-in veth1',
  ],
  [
    '-m physdev ! --physdev-out veth2 -j ACCEPT',
    'ACCEPT     0    --  *      *       0.0.0.0/0            0.0.0.0/0            PHYSDEV match ! --physdev-out veth2',
  ],
  [
    '-m limit --limit 5/min -j LOG --log-prefix "hey: " --log-level 7',
    'LOG        0    --  *      *       0.0.0.0/0            0.0.0.0/0            limit: avg 5/min burst 5 LOG flags 0 level 7 prefix "hey: "',
  ],
  [
    '-m limit --limit 100/second --limit-burst 20 -j ACCEPT',
    'ACCEPT     0    --  *      *       0.0.0.0/0            0.0.0.0/0            limit: avg 100/sec burst 20',
  ],
  [
    '-m owner --uid-owner 0 -j ACCEPT',
    'ACCEPT     0    --  *      *       0.0.0.0/0            0.0.0.0/0            owner UID match 0',
  ],
  [
    '-j MARK --set-mark 0x10',
    'MARK       0    --  *      *       0.0.0.0/0            0.0.0.0/0            MARK set 0x10',
  ],
  [
    '-j MARK --or-mark 0x4000',
    'MARK       0    --  *      *       0.0.0.0/0            0.0.0.0/0            MARK or 0x4000',
  ],
  [
    '-j MARK --and-mark 0xffff',
    'MARK       0    --  *      *       0.0.0.0/0            0.0.0.0/0            MARK and 0xffff',
  ],
  [
    '-j MARK --xor-mark 0x4000',
    'MARK       0    --  *      *       0.0.0.0/0            0.0.0.0/0            MARK xor 0x4000',
  ],
  [
    '-j MARK --set-xmark 0x10/0xff',
    'MARK       0    --  *      *       0.0.0.0/0            0.0.0.0/0            MARK xset 0x10/0xff',
  ],
  [
    '-j CONNMARK --save-mark',
    'CONNMARK   0    --  *      *       0.0.0.0/0            0.0.0.0/0            CONNMARK save',
  ],
  [
    '-j CONNMARK --restore-mark',
    'CONNMARK   0    --  *      *       0.0.0.0/0            0.0.0.0/0            CONNMARK restore',
  ],
  [
    '-j CONNMARK --save-mark --nfmask 0xff --ctmask 0xff',
    'CONNMARK   0    --  *      *       0.0.0.0/0            0.0.0.0/0            CONNMARK save mask 0xff',
  ],
  [
    '-j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xff',
    'CONNMARK   0    --  *      *       0.0.0.0/0            0.0.0.0/0            CONNMARK restore mask 0xff',
  ],
  [
    '-j CONNMARK --set-xmark 0x1/0xff',
    'CONNMARK   0    --  *      *       0.0.0.0/0            0.0.0.0/0            CONNMARK xset 0x1/0xff',
  ],
  [
    '-j REJECT',
    'REJECT     0    --  *      *       0.0.0.0/0            0.0.0.0/0            reject-with icmp-port-unreachable',
  ],
  [
    '-p tcp -j REJECT --reject-with tcp-reset',
    'REJECT     6    --  *      *       0.0.0.0/0            0.0.0.0/0            reject-with tcp-reset',
  ],
  [
    '-j REJECT --reject-with icmp-host-prohibited',
    'REJECT     0    --  *      *       0.0.0.0/0            0.0.0.0/0            reject-with icmp-host-prohibited',
  ],
  ['-g D', 'D          0    --  *      *       0.0.0.0/0            0.0.0.0/0           [goto] '],
  [
    '-m comment --comment noquote -j D',
    'D          0    --  *      *       0.0.0.0/0            0.0.0.0/0            /* noquote */',
  ],
  [
    '-m comment --comment "it\'s \\"quoted\\"" -j D',
    'D          0    --  *      *       0.0.0.0/0            0.0.0.0/0            /* it\'s "quoted" */',
  ],
  [
    '-m comment --comment "" -j D',
    'D          0    --  *      *       0.0.0.0/0            0.0.0.0/0            /*  */',
  ],
  ['-s 10.0.0.7/24 -j ACCEPT', 'ACCEPT     0    --  *      *       10.0.0.0/24          0.0.0.0/0           '],
  [
    '-s 0.0.0.0/0 -d 0.0.0.0/0 -j ACCEPT',
    'ACCEPT     0    --  *      *       0.0.0.0/0            0.0.0.0/0           ',
  ],
  ['-s 10.0.0.0/255.255.0.0 -j ACCEPT', 'ACCEPT     0    --  *      *       10.0.0.0/16          0.0.0.0/0           '],
  [
    '-p tcp -m comment --comment a -m tcp --dport 80 -m conntrack --ctstate NEW -j ACCEPT',
    'ACCEPT     6    --  *      *       0.0.0.0/0            0.0.0.0/0            /* a */ tcp dpt:80 ctstate NEW',
  ],
  [
    '-m conntrack --ctstate NEW -p tcp --dport 80 -j ACCEPT',
    'ACCEPT     6    --  *      *       0.0.0.0/0            0.0.0.0/0            ctstate NEW tcp dpt:80',
  ],
  [
    '-p tcp -m conntrack --ctstate NEW -m tcp --dport 80 -j ACCEPT',
    'ACCEPT     6    --  *      *       0.0.0.0/0            0.0.0.0/0            ctstate NEW tcp dpt:80',
  ],
  [
    '-p tcp --dport http -j ACCEPT',
    'ACCEPT     6    --  *      *       0.0.0.0/0            0.0.0.0/0            tcp dpt:80',
  ],
  ['', '           0    --  *      *       0.0.0.0/0            0.0.0.0/0           '],
  [
    '-j ACCEPT -p tcp --dport 1',
    'ACCEPT     6    --  *      *       0.0.0.0/0            0.0.0.0/0            tcp dpt:1',
  ],
  [
    '-p udp --dport 53 -j LOG',
    'LOG        17   --  *      *       0.0.0.0/0            0.0.0.0/0            udp dpt:53 LOG flags 0 level 4',
  ],
  [
    '-m mark --mark 0x4000/0x4000 -m comment --comment "cali:abc" --jump ACCEPT',
    'ACCEPT     0    --  *      *       0.0.0.0/0            0.0.0.0/0            mark match 0x4000/0x4000 /* cali:abc */',
  ],
  [
    '--source 10.0.0.1 --destination 10.0.0.2 --protocol tcp --in-interface eth0 --out-interface eth1 --match tcp --destination-port 80 --jump ACCEPT',
    'ACCEPT     6    --  eth0   eth1    10.0.0.1             10.0.0.2             tcp dpt:80',
  ],
  [
    '-p tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1400',
    'TCPMSS     6    --  *      *       0.0.0.0/0            0.0.0.0/0            tcp flags:0x06/0x02 TCPMSS set 1400',
  ],
]

const listed = (written: string, options: Parameters<typeof listRule>[3]) => {
  const parsed = parseRule(splitLine(written), 'ipv4')
  if ('error' in parsed) return parsed.error
  return listRule(parsed.rules[0], 1, { packets: 0, bytes: 0 }, options)
}

test.each(RECORDED)('%s', (written, line) => {
  expect(listed(written, { numeric: true, verbose: true, lineNumbers: true })).toBe(`1        0     0 ${line}`)
})

// Lines of `iptables -t nat -L -n` and `-t raw -L -n`.
test.each([
  [
    '-p tcp -j DNAT --to-destination 10.0.0.1:80',
    'DNAT       6    --  0.0.0.0/0            0.0.0.0/0            to:10.0.0.1:80',
  ],
  ['-p tcp -j DNAT --to 10.0.0.1', 'DNAT       6    --  0.0.0.0/0            0.0.0.0/0            to:10.0.0.1'],
  [
    '-p tcp -j DNAT --to-destination 10.0.0.1-10.0.0.5:80-90 --random --persistent',
    'DNAT       6    --  0.0.0.0/0            0.0.0.0/0            to:10.0.0.1-10.0.0.5:80-90 random persistent',
  ],
  ['-p tcp -j DNAT --to-destination :8080', 'DNAT       6    --  0.0.0.0/0            0.0.0.0/0            to::8080'],
  [
    '-p tcp --dport 80 -j REDIRECT --to-ports 8080',
    'REDIRECT   6    --  0.0.0.0/0            0.0.0.0/0            tcp dpt:80 redir ports 8080',
  ],
  ['-p tcp --dport 80 -j REDIRECT', 'REDIRECT   6    --  0.0.0.0/0            0.0.0.0/0            tcp dpt:80'],
  [
    '-j SNAT --to-source 10.0.0.1 --random-fully',
    'SNAT       0    --  0.0.0.0/0            0.0.0.0/0            to:10.0.0.1 random-fully',
  ],
  [
    '-p tcp -j SNAT --to-source 10.0.0.1:1000-2000',
    'SNAT       6    --  0.0.0.0/0            0.0.0.0/0            to:10.0.0.1:1000-2000',
  ],
  ['-j MASQUERADE', 'MASQUERADE  0    --  0.0.0.0/0            0.0.0.0/0           '],
  ['-j MASQUERADE --random-fully', 'MASQUERADE  0    --  0.0.0.0/0            0.0.0.0/0            random-fully'],
  [
    '-p tcp -j MASQUERADE --to-ports 1000-2000 --random',
    'MASQUERADE  6    --  0.0.0.0/0            0.0.0.0/0            masq ports: 1000-2000 random',
  ],
  [
    '-m comment --comment "kubenet: SNAT for outbound traffic from cluster" -m addrtype ! --dst-type LOCAL ! -d 10.0.0.0/8 -j MASQUERADE',
    'MASQUERADE  0    --  0.0.0.0/0           !10.0.0.0/8           /* kubenet: SNAT for outbound traffic from cluster */ ADDRTYPE match dst-type !LOCAL',
  ],
  ['-j NOTRACK', 'CT         0    --  0.0.0.0/0            0.0.0.0/0            NOTRACK'],
  ['-j CT --notrack', 'CT         0    --  0.0.0.0/0            0.0.0.0/0            CT notrack'],
  ['-j CT --zone 5', 'CT         0    --  0.0.0.0/0            0.0.0.0/0            CT zone 5'],
  [
    '-m rpfilter --invert --validmark -j DROP',
    'DROP       0    --  0.0.0.0/0            0.0.0.0/0            rpfilter validmark invert',
  ],
  ['-m rpfilter --loose -j ACCEPT', 'ACCEPT     0    --  0.0.0.0/0            0.0.0.0/0            rpfilter loose'],
  ['-j TRACE', 'TRACE      0    --  0.0.0.0/0            0.0.0.0/0           '],
])('%s without -v', (written, line) => {
  expect(listed(written, { numeric: true })).toBe(line)
})

test('the head of the columns', () => {
  expect(listHeader({ verbose: true, lineNumbers: true })).toBe(
    'num   pkts bytes target     prot opt in     out     source               destination         ',
  )
  expect(listHeader({})).toBe('target     prot opt source               destination         ')
})

// Lines of `ip6tables -L -n`.
test.each([
  [
    '-s fd00::1 ! -d fd00::/64 -p tcp --dport 80 -j ACCEPT',
    'ACCEPT     6    --  fd00::1             !fd00::/64            tcp dpt:80',
  ],
  [
    '-p ipv6-icmp --icmpv6-type 128 -j ACCEPT',
    'ACCEPT     58   --  ::/0                 ::/0                 ipv6-icmptype 128',
  ],
  ['-j REJECT', 'REJECT     0    --  ::/0                 ::/0                 reject-with icmp6-port-unreachable'],
  [
    '-i eth0 -m recent --name X --set',
    '           0    --  ::/0                 ::/0                 recent: SET name: X side: source mask: ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
  ],
])('IPv6: %s', (written, line) => {
  const parsed = parseRule(splitLine(written), 'ipv6')
  if ('error' in parsed) throw new Error(parsed.error)
  expect(listRule(parsed.rules[0], 1, { packets: 0, bytes: 0 }, { numeric: true, ipv6: true })).toBe(line)
})
