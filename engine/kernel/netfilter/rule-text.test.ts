import { describe, expect, test } from 'vitest'
import { parseRule } from './rule-parse.ts'
import { ruleText } from './rule-text.ts'
import { splitLine } from './words.ts'

const reprint = (written: string, family: 'ipv4' | 'ipv6' = 'ipv4'): string => {
  const parsed = parseRule(splitLine(written), family)
  if ('error' in parsed) return parsed.error
  return parsed.rules.map((rule) => ruleText(rule, 'C', family).slice('-A C '.length)).join(' | ')
}

// Left: as written to iptables-restore. Right: as iptables-save 1.8.9 (nf_tables) on Linux 6.18 printed it.
const RECORDED: readonly (readonly [string, string])[] = [
  ['-p tcp -m tcp --dport 80 -j ACCEPT', '-p tcp -m tcp --dport 80 -j ACCEPT'],
  [
    '-m tcp -p tcp -d 10.96.0.1 --dport 443 -m comment --comment "default/kubernetes:https cluster IP" ! -s 10.244.0.0/16 -j D',
    '! -s 10.244.0.0/16 -d 10.96.0.1/32 -p tcp -m tcp --dport 443 -m comment --comment "default/kubernetes:https cluster IP" -j D',
  ],
  ['-m tcp -p tcp --sport 1000:2000 ! --dport 80 -j ACCEPT', '-p tcp -m tcp --sport 1000:2000 ! --dport 80 -j ACCEPT'],
  ['-p tcp --dport 80: -j ACCEPT', '-p tcp -m tcp --dport 80:65535 -j ACCEPT'],
  ['-p tcp --sport :90 -j ACCEPT', '-p tcp -m tcp --sport 0:90 -j ACCEPT'],
  ['-p tcp -m tcp', '-p tcp -m tcp'],
  ['-p tcp -m tcp -j ACCEPT', '-p tcp -m tcp -j ACCEPT'],
  ['! -p tcp -j ACCEPT', '! -p tcp -j ACCEPT'],
  ['-p all -j ACCEPT', '-j ACCEPT'],
  ['-p 4 -j ACCEPT', '-p ipencap -j ACCEPT'],
  ['-p sctp --dport 99 -j ACCEPT', '-p sctp -m sctp --dport 99 -j ACCEPT'],
  [
    '-p udp -m multiport --dports 80,443,1000:2000 -j ACCEPT',
    '-p udp -m multiport --dports 80,443,1000:2000 -j ACCEPT',
  ],
  ['-p tcp -m multiport ! --ports 80,443 -j ACCEPT', '-p tcp -m multiport ! --ports 80,443 -j ACCEPT'],
  ['-p tcp --syn -j ACCEPT', '-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j ACCEPT'],
  ['-p tcp ! --syn -j ACCEPT', '-p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN -j ACCEPT'],
  [
    '-p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu',
    '-p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu',
  ],
  ['-p tcp --tcp-flags ALL NONE -j DROP', '-p tcp -m tcp --tcp-flags FIN,SYN,RST,PSH,ACK,URG NONE -j DROP'],
  ['-p icmp --icmp-type echo-request -j ACCEPT', '-p icmp -m icmp --icmp-type 8 -j ACCEPT'],
  ['-p icmp --icmp-type 3/4 -j ACCEPT', '-p icmp -m icmp --icmp-type 3/4 -j ACCEPT'],
  ['-p icmp -m icmp ! --icmp-type any -j ACCEPT', '-p icmp -m icmp ! --icmp-type any -j ACCEPT'],
  ['-i eth0 -o cni+ -j ACCEPT', '-i eth0 -o cni+ -j ACCEPT'],
  ['! -i eth0 ! -o cni0 -j ACCEPT', '! -i eth0 ! -o cni0 -j ACCEPT'],
  ['-m mark --mark 0x4000/0x4000 -j ACCEPT', '-m mark --mark 0x4000/0x4000 -j ACCEPT'],
  ['-m mark ! --mark 0x1 -j RETURN', '-m mark ! --mark 0x1 -j RETURN'],
  ['-m mark --mark 16 -j RETURN', '-m mark --mark 0x10 -j RETURN'],
  ['-m connmark --mark 0x10/0xf0 -j ACCEPT', '-m connmark --mark 0x10/0xf0 -j ACCEPT'],
  [
    '-m conntrack --ctstate DNAT,NEW,ESTABLISHED,RELATED,INVALID,SNAT,UNTRACKED -j ACCEPT',
    '-m conntrack --ctstate INVALID,NEW,RELATED,ESTABLISHED,UNTRACKED,SNAT,DNAT -j ACCEPT',
  ],
  ['-m state --state NEW,ESTABLISHED -j ACCEPT', '-m state --state NEW,ESTABLISHED -j ACCEPT'],
  ['-m addrtype --dst-type LOCAL -j ACCEPT', '-m addrtype --dst-type LOCAL -j ACCEPT'],
  [
    '-m addrtype ! --dst-type LOCAL --limit-iface-out -j ACCEPT',
    '-m addrtype ! --dst-type LOCAL --limit-iface-out -j ACCEPT',
  ],
  [
    '-m addrtype --src-type LOCAL --dst-type UNICAST -j ACCEPT',
    '-m addrtype --src-type LOCAL --dst-type UNICAST -j ACCEPT',
  ],
  ['-m addrtype --src-type LOCAL,BROADCAST -j ACCEPT', '-m addrtype --src-type LOCAL,BROADCAST -j ACCEPT'],
  [
    '-m statistic --mode random --probability 0.33333333349 -j ACCEPT',
    '-m statistic --mode random --probability 0.33333333349 -j ACCEPT',
  ],
  [
    '-m statistic --mode random --probability 0.5 -j ACCEPT',
    '-m statistic --mode random --probability 0.50000000000 -j ACCEPT',
  ],
  ['-m statistic --mode nth --every 3 --packet 0 -j ACCEPT', '-m statistic --mode nth --every 3 --packet 0 -j ACCEPT'],
  ['-m set --match-set S src -j ACCEPT', '-m set --match-set S src -j ACCEPT'],
  ['-m set ! --match-set IP dst,dst -j ACCEPT', '-m set ! --match-set IP dst,dst -j ACCEPT'],
  [
    '-m recent --name X --rcheck --seconds 10800 --reap -j ACCEPT',
    '-m recent --rcheck --seconds 10800 --reap --name X --mask 255.255.255.255 --rsource -j ACCEPT',
  ],
  ['-m recent --name X --set -j ACCEPT', '-m recent --set --name X --mask 255.255.255.255 --rsource -j ACCEPT'],
  [
    '-m recent --update --seconds 60 --hitcount 4 --name SSH --rdest -j DROP',
    '-m recent --update --seconds 60 --hitcount 4 --name SSH --mask 255.255.255.255 --rdest -j DROP',
  ],
  ['-m physdev --physdev-is-bridged -j ACCEPT', '-m physdev --physdev-is-bridged -j ACCEPT'],
  [
    '-m physdev --physdev-in veth1 --physdev-is-in -j ACCEPT',
    '-m physdev --physdev-is-in --physdev-in veth1 -j ACCEPT',
  ],
  ['-m physdev ! --physdev-out veth2 -j ACCEPT', '-m physdev ! --physdev-out veth2 -j ACCEPT'],
  [
    '-m limit --limit 5/min -j LOG --log-prefix "hey: " --log-level 7',
    '-m limit --limit 5/min -j LOG --log-prefix "hey: " --log-level 7',
  ],
  ['-m limit --limit 100/second --limit-burst 20 -j ACCEPT', '-m limit --limit 100/sec --limit-burst 20 -j ACCEPT'],
  ['-m owner --uid-owner 0 -j ACCEPT', '-m owner --uid-owner 0 -j ACCEPT'],
  ['-j MARK --set-mark 0x10', '-j MARK --set-xmark 0x10/0xffffffff'],
  ['-j MARK --or-mark 0x4000', '-j MARK --set-xmark 0x4000/0x4000'],
  ['-j MARK --and-mark 0xffff', '-j MARK --set-xmark 0x0/0xffff0000'],
  ['-j MARK --xor-mark 0x4000', '-j MARK --set-xmark 0x4000/0x0'],
  ['-j MARK --set-xmark 0x10/0xff', '-j MARK --set-xmark 0x10/0xff'],
  ['-j CONNMARK --save-mark', '-j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff'],
  ['-j CONNMARK --restore-mark', '-j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff'],
  ['-j CONNMARK --save-mark --nfmask 0xff --ctmask 0xff', '-j CONNMARK --save-mark --nfmask 0xff --ctmask 0xff'],
  ['-j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xff', '-j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xff'],
  ['-j CONNMARK --set-xmark 0x1/0xff', '-j CONNMARK --set-xmark 0x1/0xff'],
  ['-j REJECT', '-j REJECT --reject-with icmp-port-unreachable'],
  ['-p tcp -j REJECT --reject-with tcp-reset', '-p tcp -j REJECT --reject-with tcp-reset'],
  ['-j REJECT --reject-with icmp-host-prohibited', '-j REJECT --reject-with icmp-host-prohibited'],
  ['-g D', '-g D'],
  ['-m comment --comment noquote -j D', '-m comment --comment noquote -j D'],
  ['-m comment --comment "it\'s \\"quoted\\"" -j D', '-m comment --comment "it\\\'s \\"quoted\\"" -j D'],
  ['-m comment --comment "" -j D', '-m comment --comment "" -j D'],
  ['-s 10.0.0.1,10.0.0.2 -j ACCEPT', '-s 10.0.0.1/32 -j ACCEPT | -s 10.0.0.2/32 -j ACCEPT'],
  ['-s 10.0.0.7/24 -j ACCEPT', '-s 10.0.0.0/24 -j ACCEPT'],
  ['-s 0.0.0.0/0 -d 0.0.0.0/0 -j ACCEPT', '-j ACCEPT'],
  ['-s 10.0.0.0/255.255.0.0 -j ACCEPT', '-s 10.0.0.0/16 -j ACCEPT'],
  [
    '-p tcp -m comment --comment a -m tcp --dport 80 -m conntrack --ctstate NEW -j ACCEPT',
    '-p tcp -m comment --comment a -m tcp --dport 80 -m conntrack --ctstate NEW -j ACCEPT',
  ],
  [
    '-m conntrack --ctstate NEW -p tcp --dport 80 -j ACCEPT',
    '-p tcp -m conntrack --ctstate NEW -m tcp --dport 80 -j ACCEPT',
  ],
  [
    '-p tcp -m conntrack --ctstate NEW -m tcp --dport 80 -j ACCEPT',
    '-p tcp -m conntrack --ctstate NEW -m tcp --dport 80 -j ACCEPT',
  ],
  [
    '-m set --match-set N src -m comment --comment "x" -j DROP',
    '-m set --match-set N src -m comment --comment x -j DROP',
  ],
  ['-p tcp --dport http -j ACCEPT', '-p tcp -m tcp --dport 80 -j ACCEPT'],
  ['-4 -s 1.2.3.4 -j ACCEPT', '-s 1.2.3.4/32 -j ACCEPT'],
  [
    '-p tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1400',
    '-p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1400',
  ],
  ['-j ACCEPT -p tcp --dport 1', '-p tcp -m tcp --dport 1 -j ACCEPT'],
  ['-p udp --dport 53 -j LOG', '-p udp -m udp --dport 53 -j LOG'],
  [
    '-m mark --mark 0x4000/0x4000 -m comment --comment "cali:abc" --jump ACCEPT',
    '-m mark --mark 0x4000/0x4000 -m comment --comment "cali:abc" -j ACCEPT',
  ],
  [
    '--source 10.0.0.1 --destination 10.0.0.2 --protocol tcp --in-interface eth0 --out-interface eth1 --match tcp --destination-port 80 --jump ACCEPT',
    '-s 10.0.0.1/32 -d 10.0.0.2/32 -i eth0 -o eth1 -p tcp -m tcp --dport 80 -j ACCEPT',
  ],
  ['-p tcp -j DNAT --to-destination 10.0.0.1:80', '-p tcp -j DNAT --to-destination 10.0.0.1:80'],
  ['-p tcp -j DNAT --to 10.0.0.1', '-p tcp -j DNAT --to-destination 10.0.0.1'],
  [
    '-p tcp -j DNAT --to-destination 10.0.0.1-10.0.0.5:80-90 --random --persistent',
    '-p tcp -j DNAT --to-destination 10.0.0.1-10.0.0.5:80-90 --random --persistent',
  ],
  ['-p tcp -j DNAT --to-destination :8080', '-p tcp -j DNAT --to-destination :8080'],
  ['-j SNAT --to-source 10.0.0.1 --random-fully', '-j SNAT --to-source 10.0.0.1 --random-fully'],
  ['-p tcp -j SNAT --to-source 10.0.0.1:1000-2000', '-p tcp -j SNAT --to-source 10.0.0.1:1000-2000'],
  ['-j MASQUERADE', '-j MASQUERADE'],
  ['-j MASQUERADE --random-fully', '-j MASQUERADE --random-fully'],
  ['-p tcp -j MASQUERADE --to-ports 1000-2000 --random', '-p tcp -j MASQUERADE --to-ports 1000-2000 --random'],
  ['-p tcp --dport 80 -j REDIRECT --to-ports 8080', '-p tcp -m tcp --dport 80 -j REDIRECT --to-ports 8080'],
  [
    '-m comment --comment "kubenet: SNAT for outbound traffic from cluster" -m addrtype ! --dst-type LOCAL ! -d 10.0.0.0/8 -j MASQUERADE',
    '! -d 10.0.0.0/8 -m comment --comment "kubenet: SNAT for outbound traffic from cluster" -m addrtype ! --dst-type LOCAL -j MASQUERADE',
  ],
  ['-j NOTRACK', '-j NOTRACK'],
  ['-j CT --notrack', '-j CT --notrack'],
  ['-j CT --zone 5', '-j CT --zone 5'],
  ['-m rpfilter --invert --validmark -j DROP', '-m rpfilter --validmark --invert -j DROP'],
  ['-m rpfilter --loose -j ACCEPT', '-m rpfilter --loose -j ACCEPT'],
]

describe('a rule prints as the kernel gives it back', () => {
  test.each(RECORDED)('%s', (written, printed) => {
    expect(reprint(written)).toBe(printed)
  })

  test.each(RECORDED)('what was printed for %s reads as the same rule', (_written, printed) => {
    for (const one of printed.split(' | ')) expect(reprint(one)).toBe(one)
  })
})

test.each([
  [
    '-p tcp -d fd00:0::1 -m tcp --dport 80 -j DNAT --to-destination [fd00::11]:8080',
    '-d fd00::1/128 -p tcp -m tcp --dport 80 -j DNAT --to-destination [fd00::11]:8080',
  ],
  [
    '-p ipv6-icmp -m icmp6 --icmpv6-type echo-request -j MASQUERADE --random-fully',
    '-p ipv6-icmp -m icmp6 --icmpv6-type 128 -j MASQUERADE --random-fully',
  ],
  ['-p icmpv6 --icmpv6-type 1/4 -j ACCEPT', '-p ipv6-icmp -m icmp6 --icmpv6-type 1/4 -j ACCEPT'],
  [
    '-m recent --name X --rcheck --seconds 10 --reap -j ACCEPT',
    '-m recent --rcheck --seconds 10 --reap --name X --mask ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff --rsource -j ACCEPT',
  ],
  ['-j REJECT', '-j REJECT --reject-with icmp6-port-unreachable'],
])('IPv6: %s', (written, printed) => {
  expect(reprint(written, 'ipv6')).toBe(printed)
})

test.each([
  ['-p tcp --dport 99999 -j ACCEPT', "invalid port/service `99999' specified"],
  ['-s 10.0.0.300 -j ACCEPT', "host/network `10.0.0.300' not found"],
  ['-m bogus -j ACCEPT', "Couldn't load match `bogus':No such file or directory\n"],
  ['--dport 80 -j ACCEPT', 'unknown option "--dport"'],
  ['-p tcp -m tcp --dport 80 --bogus 3 -j ACCEPT', 'unknown option "--bogus"'],
])('%s is refused in the words of iptables', (written, message) => {
  expect(reprint(written)).toBe(message)
})
