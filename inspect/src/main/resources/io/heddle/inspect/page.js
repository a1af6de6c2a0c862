// The live page. It asks again only when the last answer is there, and less often where answers are expensive.
// Everything that comes from the program is set as text, never as markup.
'use strict';

const LEAST_PAUSE = 1000;
const COST_FACTOR = 20;

const state = { tab: 'Overview', query: '', paused: false, timer: 0, rates: new Map(), run: 0 };
const $ = id => document.getElementById(id);

// The address has the token behind the number sign, which a browser sends to nobody. It is taken out of the address.
const given = new URLSearchParams(location.hash.slice(1));
if (given.get('token')) sessionStorage.setItem('heddle-token', given.get('token'));
if (given.get('tab')) state.tab = given.get('tab');
const showAddress = () => history.replaceState(null, '', '/#tab=' + encodeURIComponent(state.tab));
showAddress();
const token = sessionStorage.getItem('heddle-token') || '';

async function ask(path, method = 'GET') {
  const answer = await fetch(path, { method, headers: { Authorization: 'Bearer ' + token }, cache: 'no-store' });
  if (!answer.ok) throw new Error((await answer.text()).trim());
  return answer;
}
const get = async path => (await ask(path)).json();

function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  return fill(element, attributes, children);
}
function s(tag, attributes, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
}
function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat(3).filter(child => child != null));
  return element;
}
const card = (kind, title, ...children) => h('section', { class: 'card ' + kind }, h('h2', {}, title), children);
const dim = (...children) => h('span', { class: 'dim' }, children);
const tag = (text, kind = '') => h('span', { class: 'tag ' + kind }, text);
const number = (value, label, kind = '') => h('div', { class: 'number ' + kind }, h('b', {}, format(value)), label);
const format = value => typeof value === 'number' ? value.toLocaleString('en') : value;
const plural = (count, word) => format(count) + ' ' + word + (count === 1 ? '' : 's');
function duration(nanos) {
  const seconds = nanos / 1e9;
  if (seconds < 1) return Math.round(seconds * 1000) + ' ms';
  if (seconds < 120) return seconds.toFixed(seconds < 10 ? 1 : 0) + ' s';
  return seconds < 7200 ? Math.round(seconds / 60) + ' min' : Math.round(seconds / 3600) + ' h';
}
function table(heads, rows) {
  return h('div', { class: 'scroll' }, h('table', {},
    h('thead', {}, h('tr', {}, heads.map(head => h('th', { class: head[0] === '#' ? 'n' : '' }, head.replace(/^#/, ''))))),
    h('tbody', {}, rows.map(row => h('tr', {}, row.map((cell, i) => h('td', { class: heads[i][0] === '#' ? 'n' : '' }, cell)))))));
}
// How much a counter of 32 bits has grown in a second since the last answer.
function rate(key, value, millis) {
  const before = state.rates.get(key);
  if (!before || millis > before.millis) state.rates.set(key, { value, millis, last: before });
  const from = before && before.millis === millis ? before.last : before;
  if (!from || millis <= from.millis) return null;
  return ((value - from.value) >>> 0) / (millis - from.millis) * 1000;
}
const perSecond = value => value == null ? '…' : format(value < 10 ? Math.round(value * 10) / 10 : Math.round(value)) + '/s';
const goroutine = (key, name) => h('button', { class: 'link', type: 'button', onclick: () => showGoroutine(key) }, name || 'goroutine');
const code = frame => frame && frame.replace(/^app\/\//, '');
function interesting(stack) {
  return stack.find(frame => !/^(java\.|jdk\.|io\.heddle\.[A-Z]|io\.heddle\.(flow|interop|rate|internal)\.)/.test(code(frame))) || stack[0] || '';
}

const TABS = {
  async Overview() {
    const [overview, waits, pipelines, leaks, goroutines] = await Promise.all([
      get('/api/overview'), get('/api/waits'), get('/api/pipelines'), get('/api/leaks'), get('/api/goroutines')]);
    showProgram(overview);
    return [Math.max(overview.costMillis + waits.costMillis + goroutines.costMillis, 0),
      h('div', { class: 'cards' }, hangs(waits, goroutines), bottleneck(pipelines), leaking(leaks, overview)),
      card('', 'Goroutines', h('div', { class: 'numbers' },
        number(overview.goroutines, 'goroutines'),
        Object.entries(overview.states).sort((a, b) => b[1] - a[1]).map(([name, count]) => number(count, name)),
        number(overview.leaks, 'leaked', overview.leaks ? 'bad' : ''))),
      scheduler(overview), actions()];
  },
  async Goroutines() {
    const all = await get('/api/goroutines?query=' + encodeURIComponent(state.query));
    return [all.costMillis, search(), card('', plural(all.total, 'goroutine') + ', ' + plural(all.groups.length, 'group'),
      all.isSampled ? dim('There are so many that a sample was looked at: counts are extrapolated.') : null, groups(all.groups))];
  },
  async Waits() {
    const waits = await get('/api/waits');
    return [waits.costMillis, card(waits.cycles.length ? 'bad' : '', 'Who waits for whom', graph(waits)),
      card('', 'Goroutines that others wait for', holders(waits.objects.filter(one => one.holders.length && !isChannel(one)), waits))];
  },
  async Locks() {
    const waits = await get('/api/waits');
    return [waits.costMillis, card(waits.cycles.length ? 'bad' : '', 'Locks that goroutines wait for', holders(waits.objects.filter(isLock), waits))];
  },
  async Channels() {
    const waits = await get('/api/waits');
    const channels = waits.objects.filter(isChannel);
    channels.sort((a, b) => (a.name ? 0 : 1) - (b.name ? 0 : 1) || String(a.name).localeCompare(String(b.name)) || a.id - b.id);
    return [waits.costMillis, card('', 'Channels with names, and those that goroutines wait for', channels.length === 0 ?
      dim('None. Give a channel a name: Chan.<Job>buffered(100).named("jobs")') :
      table(['Channel', 'Buffer', '#Length', '#Capacity', '#Values', '#Waiting to send', '#Waiting to receive', 'Goroutines'],
        channels.map(one => [[one.name ? h('b', {}, one.name) : dim('channel ' + one.id), one.closed ? [' ', tag('closed')] : null],
          one.cap ? meter(one.len / one.cap) : dim('unbuffered'), format(one.len), format(one.cap),
          perSecond(rate('chan' + one.id, one.passed, waits.millis)),
          one.senders ? tag(format(one.senders), 'warn') : '0', format(one.receivers), named(one.waiting.slice(0, 4), waits.names)])))];
  },
  async Pipelines() {
    const all = await get('/api/pipelines');
    const ids = [...new Set(all.stages.map(stage => stage.pipeline))];
    return [all.costMillis, ids.length === 0 ? card('', 'Pipelines', dim('No pipeline runs.')) :
      ids.map((id, i) => pipeline('Pipeline ' + (i + 1), all.stages.filter(stage => stage.pipeline === id), all.millis))];
  },
  async Contexts() {
    const all = await get('/api/contexts');
    const ids = new Set(all.contexts.map(one => one.id));
    const below = id => all.contexts.filter(one => id === 0 ? !ids.has(one.parent) : one.parent === id);
    const branch = id => h('ul', { class: 'tree' }, below(id).map(one => h('li', {},
      h('code', {}, one.origin.replace(/\(.*/, '')), ' ', one.end ? tag(one.end, 'bad') : tag('open', 'good'), ' ',
      one.deadline ? dim('until ' + one.deadline.replace(/\.\d+/, '') + ' ') : null,
      one.goroutines ? dim(plural(one.goroutines, 'goroutine') + ' ') : null,
      one.madeAt ? [dim('at '), h('code', {}, one.madeAt)] : null, branch(one.id))));
    return [all.costMillis, card('', 'Contexts that goroutines run under', all.contexts.length === 0 ? dim('None.') : branch(0))];
  },
  async Timers() {
    const all = await get('/api/timers');
    return [all.costMillis, card('', plural(all.total, 'timer'), all.timers.length === 0 ? dim('None is set.') :
      table(['#Due in', 'What', 'Waits for it'], all.timers.map(one => [duration(Math.max(0, one.nanos)),
        one.what, one.waiter ? goroutine(one.waiter, all.names[one.waiter]) : dim('–')])),
      all.total > all.timers.length ? dim('The next ' + format(all.timers.length) + ' are shown.') : null)];
  },
  async Leaks() {
    const [leaks, overview] = await Promise.all([get('/api/leaks'), get('/api/overview')]);
    return [overview.costMillis, leaking(leaks, overview),
      leaks.groups.length ? card('', 'By stack', groups(leaks.groups)) : null];
  },
  async Scheduler() {
    const overview = await get('/api/overview');
    return [overview.costMillis, scheduler(overview), card('', 'Workers', overview.workers.length === 0 ?
      dim('The JDK’s scheduler does not show its workers.') :
      table(['Worker', 'State', '#Queued', '#Tasks begun', '#Rate'], overview.workers.map(one => [one.name,
        tag(one.state, one.state === 'running' ? 'good' : ''), format(one.queued), format(one.tasks),
        perSecond(rate(one.name, one.tasks, overview.millis))]))), actions()];
  },
};

const isChannel = one => one.kind === 'Chan';
const isLock = one => ['Mutex', 'RWMutex', 'Semaphore'].includes(one.kind);
const holders = (objects, waits) => objects.length === 0 ? dim('None.') :
  table(['What', '#Waiting', 'Waiting goroutines', 'Held by'], objects.map(one => [one.kind + ' ' + one.id,
    format(one.senders + one.receivers), named(one.waiting, waits.names), one.holders.length ? named(one.holders, waits.names) : dim('unknown')]));
const named = (keys, names) => keys.flatMap((key, i) => [i ? ', ' : '', goroutine(key, names[key])]);
const meter = share => {
  const fill = h('i');
  fill.style.width = Math.round(share * 100) + '%';
  return h('span', { class: 'fill' + (share >= 0.95 ? ' full' : ''), title: Math.round(share * 100) + '%' }, fill);
};

function hangs(waits, goroutines) {
  const title = 'Why does it hang?';
  if (waits.cycles.length) {
    return card('bad', title, waits.cycles.map(cycle => h('p', { class: 'answer' },
      plural(cycle.length, 'goroutine') + ' wait for each other, in a circle: ', named(cycle, waits.names), '.')),
      h('button', { type: 'button', onclick: () => open('Waits') }, 'Show the circle'));
  }
  const waiting = goroutines.groups.filter(group => group.longestNanos >= 5e9);
  if (!waiting.length) return card('good', title, h('p', { class: 'answer' }, 'No goroutine has waited for as long as five seconds.'));
  waiting.sort((a, b) => b.longestNanos - a.longestNanos);
  return card('warn', title, h('p', { class: 'answer' }, 'There is no circle. These have waited longest:'),
    h('ul', {}, waiting.slice(0, 5).map(group => h('li', {}, plural(group.count, 'goroutine') + ' in ', h('code', {}, group.waitReason),
      ' for ' + duration(group.longestNanos) + ' at ', h('code', {}, code(interesting(group.stack)))))));
}
function bottleneck(pipelines) {
  const title = 'Where is the bottleneck?';
  const slow = pipelines.stages.filter(stage => stage.isBottleneck);
  if (!pipelines.stages.length) return card('', title, h('p', { class: 'answer' }, 'No pipeline runs.'));
  if (!slow.length) return card('good', title, h('p', { class: 'answer' }, 'No stage works most of its time.'));
  return card('warn', title, slow.map(stage => h('p', { class: 'answer' }, 'Stage ', h('b', {}, stage.kind), ' at ', h('code', {}, stage.place),
    ': its ' + plural(stage.goroutines, 'goroutine') + ' work ' + Math.round(stage.working * 100) + '% of the time.')),
    h('button', { type: 'button', onclick: () => open('Pipelines') }, 'Show the pipeline'));
}
function leaking(leaks, overview) {
  const title = 'What leaks?';
  if (!overview.leaksSearched) return card('warn', title, h('p', { class: 'answer' }, 'The search for leaks is off: start Java with --add-opens java.base/java.lang=ALL-UNNAMED.'));
  if (!leaks.total) return card('good', title, h('p', { class: 'answer' }, 'No leak has been found. The garbage collector finds leaks when it runs.'),
    h('button', { type: 'button', onclick: collect }, 'Run the garbage collector'));
  return card('bad', title, h('p', { class: 'answer' }, plural(leaks.total, 'goroutine') + ' leaked.'),
    h('ul', {}, leaks.groups.slice(0, 5).map(group => h('li', {}, format(group.count) + ' in ', h('code', {}, group.waitReason),
      group.stack.length ? [' at ', h('code', {}, code(interesting(group.stack)))] : null, ', created by ', h('code', {}, code(group.createdBy))))));
}
async function collect() {
  try { await ask('/act/gc', 'POST'); } catch (error) { status(error.message, true); }
  setTimeout(refresh, 500);
}
function scheduler(overview) {
  return card(overview.stuck ? 'warn' : '', 'Scheduler', h('p', { class: 'dim' }, overview.scheduler), h('div', { class: 'numbers' },
    number(overview.parallelism, 'parallelism'),
    number(overview.queued < 0 ? '–' : overview.queued + overview.workers.reduce((sum, one) => sum + one.queued, 0), 'goroutines queued'),
    number(overview.stuck, 'workers stuck', overview.stuck ? 'bad' : ''), number(overview.steals, 'steals'),
    number(overview.timers, 'timers'), overview.nextTimerNanos >= 0 ? number(duration(overview.nextTimerNanos), 'until the next timer') : null));
}
function actions() {
  const seconds = h('input', { type: 'number', min: 1, max: 300, value: 5, 'aria-label': 'seconds' });
  seconds.style.width = '70px';
  const save = (label, path, file, method) => h('button', { type: 'button', onclick: event => download(event.target, path.replace('N', seconds.value), file, method) }, label);
  return card('', 'Record and download', h('div', { class: 'bar-row' },
    seconds, dim('seconds'), save('Trace (Perfetto)', '/act/trace?format=perfetto&seconds=N', 'trace.pftrace', 'POST'),
    save('Trace (Chrome)', '/act/trace?seconds=N', 'trace.json', 'POST'),
    save('Block profile', '/debug/pprof/block?seconds=N', 'block.pb.gz'), save('Mutex profile', '/debug/pprof/mutex?seconds=N', 'mutex.pb.gz'),
    save('Waits as flame graph', '/debug/pprof/block?format=svg&seconds=N', 'block.svg')),
    h('div', { class: 'bar-row' }, save('Dump', '/dump', 'goroutines.txt'), save('Dump (JSON)', '/dump.json', 'goroutines.json'),
      save('Goroutine profile', '/debug/pprof/goroutine', 'goroutine.pb.gz'), save('Leak profile', '/debug/pprof/leaks', 'leaks.pb.gz')));
}
async function download(button, path, file, method) {
  const label = button.textContent;
  button.disabled = true;
  button.textContent = label + ' …';
  try {
    const link = h('a', { href: URL.createObjectURL(await (await ask(path, method)).blob()), download: file });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  } catch (error) {
    status(error.message, true);
  }
  button.disabled = false;
  button.textContent = label;
}
const labels = all => Object.entries(all).map(([name, value]) => [tag(name + ' ' + value), ' ']);
function groups(all) {
  return all.length === 0 ? h('p', { class: 'dim' }, 'None.') : all.map(group => h('div', { class: 'group' },
    h('div', { class: 'count' }, format(group.count)),
    h('div', {}, h('div', {}, tag(group.waitReason || group.state, group.state === 'leaked' ? 'bad' : group.state === 'running' ? 'good' : ''), ' ',
      group.longestNanos >= 1e9 ? dim('up to ' + duration(group.longestNanos) + ' ') : null, h('code', {}, code(interesting(group.stack)))),
    h('div', { class: 'dim' }, 'created by ', h('code', {}, code(group.createdBy))),
    (group.labels || []).slice(0, 5).map(one => h('div', {}, labels(one.labels), one.count < group.count ? dim(format(one.count)) : null)),
    group.keys.length ? h('div', {}, group.keys.slice(0, 5).flatMap((key, i) => [i ? ', ' : '', goroutine(key, group.names[i] || 'goroutine')]),
      group.count > 5 ? dim(' and ' + format(group.count - 5) + ' more') : null) : group.names.join(', '),
    remembered(h('details', {}, h('summary', {}, 'Stack'), h('pre', {}, group.stack.map(code).join('\n'))), code(group.createdBy) + group.stack.join()))));
}
// What was opened stays open when the next answer replaces it.
const opened = new Set();
function remembered(details, key) {
  details.open = opened.has(key);
  details.addEventListener('toggle', () => details.open ? opened.add(key) : opened.delete(key));
  return details;
}
function search() {
  const input = h('input', { type: 'search', id: 'query', placeholder: 'Search in states, stacks, creators and names', value: state.query,
    oninput: event => { state.query = event.target.value; refresh(); } });
  return h('div', { class: 'bar-row' }, input);
}

// Stages from left to right, in the order in which channels connect them.
function pipeline(title, stages, millis) {
  const order = [];
  const left = [...stages];
  while (left.length) {
    const made = new Set(left.flatMap(stage => stage.outs));
    let next = left.findIndex(stage => stage.kind !== 'body' && !stage.ins.some(channel => made.has(channel)));
    if (next < 0) next = 0;
    order.push(left.splice(next, 1)[0]);
  }
  order.sort((a, b) => (a.kind === 'body') - (b.kind === 'body'));
  return card(stages.some(stage => stage.isBottleneck) ? 'warn' : '', title, h('div', { class: 'stages' }, order.flatMap((stage, i) => {
    const bar = h('div', { class: 'bar' }, [stage.receiving, stage.working, stage.sending].map(share => {
      const part = h('i');
      part.style.width = share * 100 + '%';
      return part;
    }));
    const percent = share => Math.round(share * 100) + '%';
    const box = h('div', { class: 'stage' + (stage.isBottleneck ? ' bad' : '') }, h('b', {}, stage.kind), ' ',
      stage.isBottleneck ? tag('bottleneck', 'bad') : null, h('div', { class: 'mono dim' }, stage.place), bar,
      h('div', { class: 'dim' }, 'works ' + percent(stage.working)), h('div', { class: 'dim' }, plural(stage.goroutines, 'goroutine')));
    const passed = rate('stage' + stage.outs.join(), stage.passed, millis);
    if (i === order.length - 1) return [box];
    if (stage.kind === 'forEach') return [box, h('div', { class: 'arrow' })];
    return [box, h('div', { class: 'arrow' }, h('b', {}, '→'), perSecond(passed),
      stage.sending > 0.5 ? h('div', {}, tag('back-pressure', 'warn')) : null)];
  })), h('p', { class: 'legend' }, h('span', { class: 'r' }, 'waits for input'), h('span', { class: 'w' }, 'works'), h('span', { class: 's' }, 'waits for its consumer')));
}

// Goroutines on the left and on the right of what they wait for; circles in red, each on a ring of its own.
function graph(waits) {
  const edges = waits.objects.flatMap(object => object.waiting.flatMap(from => object.holders.map(to => ({ from, to, object }))));
  if (!edges.length) return dim('No goroutine waits for a lock, or for the end of another.');
  const red = new Set(waits.cycles.flatMap(cycle => cycle.map((key, i) => key + '>' + cycle[(i + 1) % cycle.length])));
  const inCycle = new Set(waits.cycles.flat());
  const nodes = new Map();
  let top = 20;
  for (const cycle of waits.cycles) {
    const isPair = cycle.length === 2;
    const radius = isPair ? 60 : Math.max(80, cycle.length * 26);
    const room = isPair ? 50 : radius + 25;
    cycle.forEach((key, i) => {
      const angle = 2 * Math.PI * i / cycle.length - (isPair ? Math.PI : Math.PI / 2);
      nodes.set(key, { x: 480 + radius * (isPair ? 3.6 : 1.9) * Math.cos(angle), y: top + room + radius * Math.sin(angle) });
    });
    top += room * 2;
  }
  let row = 0;
  const shown = edges.slice(0, 200);
  for (const edge of shown) {
    for (const [key, x] of [[edge.from, 150], [edge.to, 800]]) {
      if (!nodes.has(key)) nodes.set(key, { x, y: top + 24 + 44 * row++ });
    }
  }
  const height = top + 44 * row + 40;
  const names = key => waits.names[key] || 'goroutine';
  return [s('svg', { class: 'graph', viewBox: `0 0 960 ${height}`, role: 'img', 'aria-label': 'wait-for graph' },
    s('defs', {}, ['', ' cycle'].map(kind => s('marker', { id: 'head' + kind.trim(), viewBox: '0 0 10 10', refX: 9, refY: 5,
      markerWidth: 9, markerHeight: 9, markerUnits: 'userSpaceOnUse', orient: 'auto' }, s('path', { class: 'head' + kind, d: 'M0 0 10 5 0 10Z' })))),
    shown.map(edge => {
      const a = nodes.get(edge.from), b = nodes.get(edge.to);
      const isRed = red.has(edge.from + '>' + edge.to);
      const dx = b.x - a.x, dy = b.y - a.y, length = Math.hypot(dx, dy) || 1;
      const bend = 34, mx = (a.x + b.x) / 2 - dy / length * bend, my = (a.y + b.y) / 2 + dx / length * bend;
      // From the border of one box to that of the other, towards the bend.
      const border = (from, sideX, sideY) => {
        const vx = mx - from.x, vy = my - from.y;
        const part = Math.min(sideX / (Math.abs(vx) || 1e-9), sideY / (Math.abs(vy) || 1e-9), 1);
        return { x: from.x + vx * part, y: from.y + vy * part };
      };
      const begin = border(a, 72, 17), end = border(b, 74, 19);
      return [s('path', { class: 'edge' + (isRed ? ' cycle' : ''), 'marker-end': `url(#head${isRed ? 'cycle' : ''})`,
        d: `M${begin.x} ${begin.y} Q${mx} ${my} ${end.x} ${end.y}` }),
      s('text', { x: (mx + (a.x + b.x) / 2) / 2, y: (my + (a.y + b.y) / 2) / 2 + (dx >= 0 ? 18 : -10), 'text-anchor': 'middle' }, edge.object.kind + ' ' + edge.object.id)];
    }),
    [...nodes].map(([key, at]) => s('g', { class: 'click', onclick: () => showGoroutine(key) },
      s('rect', { class: 'node' + (inCycle.has(key) ? ' cycle' : ''), x: at.x - 70, y: at.y - 15, width: 140, height: 30, rx: 7 }),
      s('text', { x: at.x, y: at.y + 4, 'text-anchor': 'middle' }, names(key).slice(0, 20))))),
  edges.length > shown.length ? dim(format(edges.length - shown.length) + ' more are not shown.') : null];
}

// Shows it; whether it still exists.
async function showGoroutine(key) {
  const detail = $('detail');
  detail.hidden = false;
  state.shown = key;
  const close = h('button', { type: 'button', onclick: () => { detail.hidden = true; } }, 'Close');
  try {
    const one = await get('/api/goroutine?key=' + key);
    const title = (one.name ? one.name + ', ' : '') + 'goroutine ' + one.id;
    const cancel = h('button', { class: 'danger', type: 'button', onclick: async () => {
      if (confirm('Cancel ' + title + '? It is interrupted, as by Goroutine.cancel().')) {
        try { await ask('/act/cancel?key=' + key, 'POST'); } catch (error) { status(error.message, true); }
        while (await showGoroutine(key)) { // until it has reacted to its interrupt
          await new Promise(done => setTimeout(done, 500));
          if (detail.hidden || state.shown !== key) break;
        }
      }
    } }, 'Cancel');
    detail.replaceChildren(h('div', { class: 'bar-row' }, h('h2', {}, title), cancel, close,
      h('button', { type: 'button', onclick: () => showGoroutine(key) }, 'Reload')),
      h('p', {}, tag(one.waitReason || one.state), one.waitedNanos ? ' for at least ' + duration(one.waitedNanos) : '', one.heldBy ? ', held by ' + one.heldBy : ''),
      one.contextError ? h('p', {}, tag(one.contextError, 'bad')) : '',
      h('p', { class: 'dim' }, 'created by ', h('code', {}, code(one.createdBy))),
      h('p', {}, labels(one.labels)),
      h('h3', {}, 'Stack'), h('pre', {}, one.stack.map(code).join('\n')), h('h3', {}, 'History'),
      one.history.length === 0 ? dim('Nothing is recorded. Record a trace, or start the program with -Dheddle.trace=on. Only the last events are kept.') :
        table(['#Time', '#Worker', 'Event'], one.history.slice(-100).map(event => [(event.micros / 1000).toFixed(3) + ' ms', event.worker || '–', event.what])));
    return true;
  } catch (error) {
    detail.replaceChildren(h('div', { class: 'bar-row' }, h('h2', {}, 'Goroutine'), close), h('p', {}, error.message));
    return false;
  }
}

function showProgram(overview) {
  $('program').textContent = `${overview.command || 'program'}, process ${overview.pid}`;
  $('program').title = $('program').textContent;
}
function status(text, isBad = false) {
  $('status').textContent = text;
  $('status').className = isBad ? 'bad' : '';
}
function open(tab) {
  state.tab = tab;
  showAddress();
  refresh();
}
async function refresh() {
  clearTimeout(state.timer);
  const run = ++state.run;
  $('tabs').replaceChildren(...Object.keys(TABS).map(tab => h('button', { type: 'button', 'aria-current': tab === state.tab ? 'page' : null, onclick: () => open(tab) }, tab)));
  let pause = LEAST_PAUSE;
  try {
    if (!token) throw new Error('The token is missing: open the address that the program has printed.');
    if (!$('program').textContent) showProgram(await get('/api/overview'));
    const [cost, ...parts] = await (TABS[state.tab] || TABS.Overview)();
    if (run !== state.run) return;
    const query = document.activeElement && document.activeElement.id === 'query' ? document.activeElement.selectionStart : -1;
    $('main').replaceChildren(...parts.flat().filter(part => part));
    if (query >= 0 && $('query')) { $('query').focus(); $('query').setSelectionRange(query, query); }
    pause = Math.max(LEAST_PAUSE, cost * COST_FACTOR);
    status('updated ' + new Date().toLocaleTimeString());
  } catch (error) {
    if (run !== state.run) return;
    status(error instanceof TypeError ? 'The program does not answer: it has ended, or it is stopped.' : error.message, true);
  }
  if (!state.paused) state.timer = setTimeout(refresh, pause);
}

$('pause').addEventListener('click', () => {
  state.paused = !state.paused;
  $('pause').textContent = state.paused ? 'Continue' : 'Pause';
  if (!state.paused) refresh();
});
const theme = localStorage.getItem('heddle-theme') || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
document.documentElement.dataset.theme = theme;
$('theme').addEventListener('click', () => {
  const next = document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark';
  document.documentElement.dataset.theme = next;
  localStorage.setItem('heddle-theme', next);
});
document.addEventListener('keydown', event => { if (event.key === 'Escape') $('detail').hidden = true; });
refresh();
