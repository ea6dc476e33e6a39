/** Rosters that are valid and not written as most are: each by what is odd about it. */
export const oddRosters: Readonly<Record<string, string>> = {
  'nothing odd': 'version: 1\nagents:\n  - name: a\n    runtime: pi\n  - name: b\n    runtime: pi\n',
  'four columns': 'version: 1\nagents:\n    -   name: a\n        runtime: pi\n    -   name: b\n        runtime: pi\n',
  'the list in the column of its key': 'version: 1\nagents:\n- name: a\n  runtime: pi\n- name: b\n  runtime: pi\n',
  'keys below their dash': 'version: 1\nagents:\n  -\n    name: a\n    runtime: pi\n  -\n    name: b\n    runtime: pi\n',
  'no final line break': 'version: 1\nagents:\n  - name: a\n    runtime: pi\n  - name: b\n    runtime: pi',
  'no final line break after a comment': 'version: 1\nagents:\n  - name: a\n    runtime: pi # x',
  CRLF: 'version: 1\r\nagents:\r\n  - name: a\r\n    runtime: pi\r\n  - name: b\r\n    runtime: pi\r\n',
  'CRLF without the last': 'version: 1\r\nagents:\r\n  - name: a\r\n    runtime: pi',
  'a byte order mark': '\uFEFFversion: 1\nagents:\n  - name: a\n    runtime: pi\n',
  'blank lines between agents':
    'version: 1\nagents:\n\n  - name: a\n    runtime: pi\n\n  - name: b\n    runtime: pi\n\n\ntransport: tmux\n',
  'blank lines with spaces': 'version: 1\nagents:\n  - name: a\n    runtime: pi\n  \n  - name: b\n    runtime: pi\n   \n',
  'comments everywhere':
    '# top\nversion: 1 # one\n# before\nagents: # here\n  # first\n  - name: a # a\n    # its runtime\n    runtime: pi # pi\n    # state: stopped\n\n    # deeper\n  # second\n  - name: b\n    runtime: pi # last\n    # own\n  # trailing\n\n# footer\n',
  'agents in the middle': 'version: 1\nagents:\n  - name: a\n    runtime: pi\nprofile: minimal\ndefaults: { runtime: pi }\n',
  'document marks': '%YAML 1.2\n---\nversion: 1\nagents:\n  - name: a\n    runtime: pi\n...\n# after\n',
  'braces by line': 'version: 1\nagents:\n  - { name: a, runtime: pi }\n  - { name: b, runtime: pi } # b\n',
  'tight braces by line': 'version: 1\nagents:\n  - {name: a, runtime: pi}\n',
  'all in one line': 'version: 1\nagents: [{name: a, runtime: pi}, {name: b, runtime: pi}]\n',
  'all in one line with a comma': 'version: 1\nagents: [ { name: a, runtime: pi }, { name: b, runtime: pi }, ] # all\n',
  'brackets over lines': 'version: 1\nagents: [\n  { name: a, runtime: pi },\n  { name: b, runtime: pi }\n]\n',
  'brackets over lines with comments':
    'version: 1\nagents: [ # here\n  { name: a, runtime: pi }, # a\n  # of b\n  { name: b, runtime: pi }, # b\n  # after\n]\n',
  'brackets over lines, a comment for a comma':
    'version: 1\nagents: [\n  { name: a, runtime: pi }, # a, and\n  { name: b, runtime: pi } # b, too\n  ]\n',
  'braces over lines': 'version: 1\nagents: [{\n    name: a,\n    runtime: pi\n  }, {\n    name: b,\n    runtime: pi\n  }]\n',
  JSON: '{"version": 1, "agents": [{"name": "a", "runtime": "pi"}, {"name": "b", "runtime": "pi"}]}\n',
  'JSON over lines':
    '{\n  "version": 1,\n  "agents": [\n    {"name": "a", "runtime": "pi"},\n    {"name": "b", "runtime": "pi"}\n  ]\n}\n',
  'JSON without agents': '{"version": 1, "profile": "minimal", "agents": []}',
  'all in braces': '{version: 1, agents: [{name: a, runtime: pi}]}',
  'quoted keys and values': 'version: 1\n"agents":\n  - "name": "a"\n    \'runtime\': \'pi\'\n',
  'keys that are marked as such': 'version: 1\n? agents\n:\n  - ? name\n    : a\n    ? runtime\n    : pi\n',
  'anchors and aliases':
    'version: 1\nagents:\n  - &one\n    name: a\n    runtime: &rt pi\n    env: &env { EDITOR: vi }\n  - name: b\n    runtime: *rt\n    env: *env\n',
  'an anchor of the list': 'version: 1\nagents: &all\n  - name: a\n    runtime: pi\n',
  'folded and literal text':
    'version: 1\nagents:\n  - name: a\n    runtime: pi\n    env:\n      LINE: >-\n        one\n        two\n  - name: b\n    runtime: pi\n    env:\n      LINE: |-\n        one\n\n',
  'text over lines':
    'version: 1\nagents:\n  - name: a\n    runtime: pi\n    env: { LINE: "one\n      two" }\n  - runtime: pi\n    env:\n      LINE: one\n        two\n    name: b\n',
  'no agents': 'version: 1\nprofile: minimal\nagents: []\n',
  'no agents yet': 'version: 1\nprofile: minimal\nagents: [] # none yet\n  # - name: a\n\n# end',
  'no agents, with room': 'version: 1\nprofile: minimal\nagents: [ ]\n',
  'no agents over lines': 'version: 1\nprofile: minimal\nagents:\n  [\n    # none yet\n  ]\n',
  'names in other scripts around':
    '# über 🚀 ﷺ\nversion: 1\nagents:\n  - name: a # 🚀\n    runtime: pi\n    env: { A: "🚀" }\n# ende 🚀\n',
};
