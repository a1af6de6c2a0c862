// The page of the service. It has no data of its own: it asks the API with the user's token, which is in no address that
// a server sees. Everything that comes from the API is set as text, never as markup.
'use strict';

const PAUSE = 3000;
const PAGE = 50;
const $ = id => document.getElementById(id);
const state = { caller: null, tab: 'Waiting', order: null, query: {}, cursors: [], paused: false, timer: 0, run: 0, shown: '' };

// An address may bring the token behind the number sign, which a browser sends to nobody. It is taken out of the address at
// once, whether the service knows it or not.
const given = new URLSearchParams(location.hash.slice(1));
if (given.get('tab')) state.tab = given.get('tab');
if (given.get('order')) state.order = given.get('order');
if (given.get('token')) {
  sessionStorage.setItem('heddle-orders-token', given.get('token'));
  showAddress();
}

function showAddress() {
  const place = new URLSearchParams(state.order ? { order: state.order } : { tab: state.tab });
  history.replaceState(null, '', '/#' + place);
}

class Refusal extends Error {
  constructor(status, detail) { super(detail); this.status = status; }
}
async function ask(path, method = 'GET') {
  let answer;
  try {
    answer = await fetch(path, { method, cache: 'no-store',
      headers: { Authorization: 'Bearer ' + (sessionStorage.getItem('heddle-orders-token') || '') } });
  } catch (error) {
    throw new Refusal(0, 'The service does not answer.');
  }
  if (!answer.ok) {
    const problem = await answer.json().catch(() => ({}));
    throw new Refusal(answer.status, problem.detail || 'The service answers with status ' + answer.status + '.');
  }
  return answer;
}
const get = async (path, query) => (await ask(path + (query ? '?' + new URLSearchParams(query) : ''))).json();

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat(4).filter(child => child != null && child !== false));
  return element;
}
const h = (name, attributes, ...children) => fill(document.createElement(name), attributes, children);
const s = (name, attributes, ...children) => fill(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, children);
const card = (kind, title, ...children) => h('section', { class: 'card ' + kind, 'aria-label': title }, h('h2', {}, title), children);
const tag = (text, kind) => h('span', { class: 'tag ' + (kind || '') }, text);
const dim = (...children) => h('span', { class: 'dim' }, children);
const button = (text, action, kind = '') => h('button', { type: 'button', class: kind, onclick: action }, text);
const number = (value, label, kind = '') => h('div', { class: 'number ' + kind }, h('b', {}, value.toLocaleString('en')), label);
const KINDS = { issued: 'good', dead: 'bad', checking: 'warn' };
const stateTag = name => tag(name, KINDS[name]);
const WHOM = { customer: 'the customer', ca: 'the CA', service: 'this service', order: 'another order' };

function span(seconds) {
  if (seconds < 120) return Math.round(seconds) + ' s';
  if (seconds < 7200) return Math.round(seconds / 60) + ' min';
  return seconds < 172800 ? Math.round(seconds / 3600) + ' h' : Math.round(seconds / 86400) + ' days';
}
function when(time) {
  if (!time) return '';
  const seconds = (new Date(time) - Date.now()) / 1000;
  const text = Math.abs(seconds) < 1 ? 'now' : seconds > 0 ? 'in ' + span(seconds) : span(-seconds) + ' ago';
  return h('time', { datetime: time, title: new Date(time).toLocaleString() }, text);
}
function table(caption, heads, rows) {
  return h('div', { class: 'wide' }, h('table', { class: 'stack' }, h('caption', {}, caption),
    h('thead', {}, h('tr', {}, heads.map(head => h('th', { scope: 'col', class: head[0] === '#' ? 'n' : '' }, head.replace('#', ''))))),
    h('tbody', {}, rows.map(row => h('tr', {}, row.map((cell, i) => h('td', {
      class: heads[i][0] === '#' ? 'n' : heads[i] === 'Why' ? 'why' : /^(Changed|Next|When)$/.test(heads[i]) ? 'fixed' : '',
      'data-head': heads[i].replace('#', '') }, cell)))))));
}
const names = order => order.domains.length > 3 ? order.domains.slice(0, 3).join(', ') + ' and ' + (order.domains.length - 3) + ' more'
  : order.domains.join(', ');
const orderLink = (id, text) => h('button', { type: 'button', class: 'link', onclick: () => open({ order: id }) }, text || id);
const NORMAL = { submitted: 'The order is to be placed at the CA.', checking: 'The first check is due.',
  validating: 'The CA validates the names.', finalizing: 'The CA issues the certificate.' };
const why = order => order.problem ? order.problem.detail || order.problem.title
  : order.not_after ? ['Valid until ', when(order.not_after)] : NORMAL[order.state] || '';

function orders(caption, list, withState) {
  const isAdmin = state.caller.admin;
  const heads = ['Order', withState && 'State', isAdmin && 'Customer', 'Changed', 'Next', 'Why'].filter(Boolean);
  return table(caption, heads, list.map(order => [orderLink(order.id, names(order)), withState && stateTag(order.state),
    isAdmin && order.customer, when(order.changed), when(order.next_attempt), why(order)].filter(cell => cell !== false)));
}

const TABS = {
  async Waiting() {
    const pages = await Promise.all(['checking', 'submitted', 'validating', 'finalizing'].map(one =>
      get('/v1/orders', { state: one, limit: PAGE })));
    const waiting = pages.flatMap(page => page.orders);
    const isCut = pages.some(page => page.next);
    const parts = ['customer', 'service', 'ca', 'order'].map(whom => [whom, waiting.filter(order => order.waiting_for === whom)]);
    return [h('div', {}, parts.filter(part => part[1].length > 0).map(([whom, list]) =>
      card(whom === 'customer' ? 'warn' : '', 'Waiting for ' + (whom === 'customer' && !state.caller.admin ? 'you' : WHOM[whom]),
        orders(list.length + (list.length === 1 ? ' order' : ' orders') + (isCut ? ' of the first ' + PAGE + ' in each state' : ''), list, true)))),
      waiting.length === 0 && card('', 'Nothing waits', h('p', {}, 'No order is open.')),
      !state.caller.admin && h('p', { class: 'dim' }, 'Choose an order to see what to do for it.')];
  },
  async Orders() {
    const query = { ...state.query, limit: PAGE };
    if (state.cursors.length) query.after = state.cursors.at(-1);
    const page = await get('/v1/orders', query);
    return [searchForm(), card('', 'Orders', page.orders.length ? orders('Page ' + (state.cursors.length + 1), page.orders, true)
      : h('p', {}, page.next ? 'No such order on this page.' : 'There are no such orders.'), pager(page.next))];
  },
  async Dead() {
    const query = { state: 'dead', limit: PAGE };
    if (state.cursors.length) query.after = state.cursors.at(-1);
    const page = await get('/v1/orders', query);
    const heads = ['Order', state.caller.admin && 'Customer', 'Changed', 'Why', 'Actions'].filter(Boolean);
    return [card(page.orders.length ? 'bad' : '', 'Dead orders', page.orders.length === 0 ? h('p', {}, 'No order is dead.') :
      table('Orders that were given up. A replay starts an order again from the beginning.', heads, page.orders.map(order =>
        [orderLink(order.id, names(order)), state.caller.admin && order.customer, when(order.changed), why(order), deadActions(order)]
          .filter(cell => cell !== false))), pager(page.next),
      state.caller.admin && page.orders.length > 0 && h('div', { class: 'actions' },
        button('Replay all', () => act('/v1/orders/dead:replay', 'POST', 'Replay all dead orders?', 'Replayed all dead orders.'))))];
  },
  async Figures() {
    const all = await get('/v1/overview');
    const counts = {};
    for (const one of all.states) counts[one.state] = (counts[one.state] || 0) + one.count;
    const open = all.states.filter(one => one.state !== 'issued' && one.state !== 'dead');
    return [all.trouble && card('bad', 'Orders wait', h('p', {}, all.trouble)),
      card('', 'Orders by state', h('div', { class: 'numbers' }, ['submitted', 'checking', 'validating', 'finalizing', 'issued', 'dead']
        .map(name => number(counts[name] || 0, name, name === 'dead' && counts[name] ? 'bad' : '')))),
      h('div', { class: 'cards' },
        card('', 'Last 24 hours', rateChart(all.rates)),
        card('', 'Ages of open orders', open.length === 0 ? h('p', {}, 'No order is open.') : ageChart(open))),
      card('', 'In detail', table('Counts and ages by state', ['State', 'Work', '#Orders', '#Due now', '#Oldest', '#Most overdue'],
        all.states.map(one => [stateTag(one.state), one.work, one.count.toLocaleString('en'), one.due.toLocaleString('en'),
          span(one.oldest_seconds), one.overdue_seconds ? span(one.overdue_seconds) : ''])))];
  },
  async Audit() {
    const query = { limit: PAGE };
    if (state.cursors.length) query.after = state.cursors.at(-1);
    const page = await get('/v1/audit', query);
    return [card('', 'Audit log', page.entries.length === 0 ? h('p', {}, 'There are no entries.') :
      table('The latest entry first', ['When', 'Action', 'By', 'From', 'Order', 'Customer'], page.entries.map(one =>
        [when(one.at), one.action, one.by, one.client || '', one.order ? orderLink(one.order) : '', one.customer])), pager(page.next))];
  },
};
const tabs = () => Object.keys(TABS).filter(name => name !== 'Figures' || state.caller.admin);

function deadActions(order) {
  const path = '/v1/orders/' + order.id;
  return h('div', { class: 'actions' },
    button('Replay', () => act(path + '/replay', 'POST', null, 'The order ' + names(order) + ' is tried again.')),
    button('Delete', () => act(path, 'DELETE', 'Delete the order for ' + names(order) + '?', 'The order was deleted.'), 'danger'));
}
async function act(path, method, question, done) {
  if (question && !confirm(question)) return;
  try {
    await ask(path, method);
    say(done);
  } catch (error) {
    say(error.message, true);
  }
  refresh();
}

function pager(next) {
  return (next || state.cursors.length > 0) && h('div', { class: 'actions' },
    state.cursors.length > 0 && button('Previous page', () => { state.cursors.pop(); refresh(); }),
    next && button('Next page', () => { state.cursors.push(next); refresh(); }));
}
function searchForm() {
  const field = (name, label, type = 'text', hint) => h('label', {}, label, h('input', { name, type, value: state.query[name] || '', placeholder: hint }));
  const form = h('form', { class: 'row', role: 'search', onsubmit: event => {
    event.preventDefault();
    state.query = Object.fromEntries([...new FormData(form)].filter(([, value]) => value.trim()).map(([name, value]) => [name, value.trim()]));
    state.cursors = [];
    refresh();
  } }, field('domain', 'Domain, and names below it', 'search', 'example.com'), field('serial', 'Serial number'),
    field('expires_before', 'Expires before', 'date'), state.caller.admin && field('customer', 'Customer'),
    h('label', {}, 'State', h('select', { name: 'state' }, ['', 'submitted', 'checking', 'validating', 'finalizing', 'issued', 'dead']
      .map(name => h('option', { value: name, selected: (state.query.state || '') === name }, name || 'any')))),
    h('button', { class: 'main' }, 'Search'));
  return form;
}

const EVENTS = { retried: 'not ready', deferred: 'waits', dead: 'given up' };
function timeline(events) {
  return h('ol', { class: 'timeline' }, events.map(event => {
    const kind = event.to === 'issued' ? 'good' : event.event === 'dead' ? 'bad' : event.event === 'retried' ? 'warn' : '';
    const title = event.event === 'moved' ? event.state + ' → ' + event.to
      : event.state ? event.state + ': ' + (EVENTS[event.event] || event.event) : event.event;
    return h('li', { class: kind }, h('b', {}, title), event.count ? dim(' ' + event.count + ' times') : null,
      event.by ? dim(' by ' + event.by + (event.client ? ' from ' + event.client : '')) : null, h('br'),
      when(event.at), event.last ? [dim(', last '), when(event.last)] : null,
      event.reason && h('p', {}, event.reason));
  }));
}
function challenges(order) {
  const open = order.authorizations.filter(one => one.status === 'pending' && !one.ready);
  if (order.state !== 'checking' || open.length === 0) return null;
  return card('warn', 'What to do', h('p', {}, 'For each name, do one of these. The service then continues by itself.'),
    open.map(one => [h('h3', {}, one.domain), one.challenges.map(challenge => h('div', { class: 'challenge' }, h('b', {}, challenge.type),
      challenge.type === 'http-01' ? h('dl', {}, h('dt', {}, 'Address'), h('dd', { class: 'mono' }, challenge.url),
        h('dt', {}, 'Content'), h('dd', { class: 'mono' }, challenge.content))
      : challenge.type === 'dns-01' ? h('dl', {}, h('dt', {}, 'TXT record'), h('dd', { class: 'mono' }, challenge.record),
        h('dt', {}, 'Value'), h('dd', { class: 'mono' }, challenge.value))
      : h('dl', {}, h('dt', {}, 'Key authorization'), h('dd', { class: 'mono' }, challenge.key_authorization))))]));
}
const VERDICTS = { READY: ['ready', 'good'], NOT_YET: ['not ready', 'warn'], WILL_FAIL: ['would fail', 'bad'], UNKNOWN: ['not known', 'warn'] };
function checks(order) {
  const checked = order.authorizations.filter(one => one.check);
  return checked.length > 0 && card('', 'Last check', checked.map(one => [h('h3', {}, one.domain, ' ', tag(...VERDICTS[one.check.verdict]), ' ',
    when(one.check.at)), h('pre', {}, one.check.summary), h('details', {}, h('summary', {}, 'All steps'), h('pre', {}, one.check.trace))]));
}
async function showOrder() {
  const path = '/v1/orders/' + encodeURIComponent(state.order);
  const [order, told] = await Promise.all([get(path), get(path + '/history')]);
  const row = (name, value) => value && [h('dt', {}, name), h('dd', {}, value)];
  return [h('p', {}, button('← Back', () => open({ tab: state.tab }), 'link')),
    card(order.state === 'dead' ? 'bad' : '', names(order), h('dl', {}, row('State', [stateTag(order.state), order.waiting_for ?
      ' waits for ' + (order.waiting_for === 'customer' && !state.caller.admin ? 'you' : WHOM[order.waiting_for]) : '']),
      row('Problem', order.problem && [h('b', {}, order.problem.title), h('br'), order.problem.detail || '']),
      row('Next attempt', when(order.next_attempt)), row('Order', h('code', {}, order.id)), row('Customer', order.customer),
      row('Names', order.domains.join(', ')), row('Submitted', when(order.created)), row('Changed', when(order.changed)),
      row('Failed attempts', String(order.attempts)), row('Expires at the CA', when(order.expires)), row('Serial', order.serial && h('code', {}, order.serial)),
      row('Valid until', when(order.not_after))),
      h('div', { class: 'actions' }, order.certificate && button('Download the certificate', () => download(order)),
        order.state === 'dead' && deadActions(order))),
    h('div', { class: 'cards' }, h('div', {}, challenges(order), checks(order)),
      card('', 'History', told.events.length ? timeline(told.events) : h('p', {}, 'Nothing was recorded for this order.')))];
}
async function download(order) {
  try {
    const blob = await (await ask(order.certificate)).blob();
    const link = h('a', { href: URL.createObjectURL(blob), download: order.domains[0].replace('*', '_') + '.pem' });
    link.click();
    URL.revokeObjectURL(link.href);
  } catch (error) {
    say(error.message, true);
  }
}

function rateChart(rates) {
  const hour = 3600000;
  const last = Math.floor(Date.now() / hour) * hour;
  const byTime = new Map(rates.map(one => [+new Date(one.from), one]));
  const hours = Array.from({ length: 24 }, (_, i) => byTime.get(last - (23 - i) * hour) || { submitted: 0, issued: 0, dead: 0 });
  const sum = name => hours.reduce((total, one) => total + one[name], 0);
  const top = Math.max(1, ...hours.flatMap(one => [one.submitted, one.issued, one.dead]));
  const bars = hours.flatMap((one, i) => ['submitted', 'issued', 'dead'].map((name, k) => {
    const height = one[name] / top * 120;
    return s('rect', { class: 'b' + (k + 1), x: 34 + i * 19 + k * 5.5, y: 140 - height, width: 5, height });
  }));
  const text = sum('submitted') + ' submitted, ' + sum('issued') + ' issued, ' + sum('dead') + ' given up';
  return [s('svg', { class: 'chart', viewBox: '0 0 500 165', role: 'img', 'aria-label': 'Orders by the hour: ' + text },
    s('line', { class: 'axis', x1: 30, x2: 492, y1: 140, y2: 140 }), s('text', { x: 26, y: 24, 'text-anchor': 'end' }, String(top)),
    s('text', { x: 26, y: 144, 'text-anchor': 'end' }, '0'), bars,
    s('text', { x: 34, y: 158 }, '24 h ago'), s('text', { x: 490, y: 158, 'text-anchor': 'end' }, 'now')),
    h('p', { class: 'legend' }, h('span', { class: 'l1' }, sum('submitted') + ' submitted'), h('span', { class: 'l2' }, sum('issued') + ' issued'),
      h('span', { class: 'l3' }, sum('dead') + ' given up'))];
}
function ageChart(list) {
  const top = Math.max(1, ...list.map(one => one.oldest_seconds));
  const label = one => one.state + (one.work === 'waiting' ? '' : ', ' + one.work);
  return [s('svg', { class: 'chart', viewBox: '0 0 500 ' + (list.length * 26 + 6), role: 'img',
    'aria-label': 'Age of the oldest order: ' + list.map(one => label(one) + ' ' + span(one.oldest_seconds)).join('; ') },
    list.map((one, i) => [s('text', { x: 0, y: i * 26 + 18 }, label(one)),
      s('rect', { class: 'b1', x: 120, y: i * 26 + 6, width: Math.max(2, one.oldest_seconds / top * 290), height: 8 }),
      s('rect', { class: 'b3', x: 120, y: i * 26 + 15, width: one.overdue_seconds / top * 290, height: 6 }),
      s('text', { x: 126 + one.oldest_seconds / top * 290, y: i * 26 + 15 }, span(one.oldest_seconds))])),
    h('p', { class: 'legend' }, h('span', { class: 'l1' }, 'oldest in its state'), h('span', { class: 'l3' }, 'most overdue'))];
}

function say(text, isBad = false) {
  $('status').textContent = text;
  $('status').className = isBad ? 'bad' : '';
}
function open(place) {
  state.order = place.order || null;
  if (place.tab) {
    state.tab = place.tab;
    state.cursors = [];
  }
  showAddress();
  refresh(true);
}
// Keeps what the user has entered or chosen while the content is replaced.
function replace(parts) {
  const focused = document.activeElement;
  const main = $('main');
  const wereOpen = [...main.querySelectorAll('details')].map(one => one.open);
  const focusable = () => [...main.querySelectorAll('button, input, select, summary')];
  const index = focusable().indexOf(focused);
  const isTyping = index >= 0 && /INPUT|SELECT/.test(focused.tagName);
  if (isTyping) {
    const form = main.querySelector('form');
    main.replaceChildren(form, ...parts.filter(part => part && part.tagName !== 'FORM'));
    focused.focus();
    return;
  }
  main.replaceChildren(...parts.filter(Boolean));
  [...main.querySelectorAll('details')].forEach((one, i) => { one.open = !!wereOpen[i]; });
  if (index >= 0 && focusable()[index]) focusable()[index].focus();
}
// Only after a change, so that a tab keeps the keyboard's focus.
function showTabs() {
  const shown = [state.caller.name, state.order, state.tab].join();
  if (shown === state.shown) return;
  state.shown = shown;
  $('tabs').replaceChildren(...tabs().map(name => h('button', { type: 'button', 'aria-current': !state.order && name === state.tab && 'page',
    onclick: () => open({ tab: name }) }, name)));
}
async function refresh(isMove = false) {
  clearTimeout(state.timer);
  const run = ++state.run;
  showTabs();
  try {
    const parts = await (state.order ? showOrder() : TABS[state.tab]());
    if (run !== state.run) return;
    replace(parts.flat());
    if (isMove) {
      scrollTo(0, 0);
      $('main').focus({ preventScroll: true });
    }
    if ($('status').className === 'bad' && state.failed) say('');
    state.failed = false;
  } catch (error) {
    if (run !== state.run) return;
    if (error.status === 401) return enter(error.message);
    state.failed = true;
    say(error.message, true);
    if (isMove) $('main').replaceChildren(h('p', {}, error.message), button('← Back', () => open({ tab: state.tab })));
  }
  if (!state.paused) state.timer = setTimeout(() => document.hidden ? refreshLater() : refresh(), PAUSE);
}
const refreshLater = () => document.addEventListener('visibilitychange', () => refresh(), { once: true });

function enter(problem) {
  clearTimeout(state.timer);
  state.run++;
  state.caller = null;
  state.shown = '';
  sessionStorage.removeItem('heddle-orders-token');
  $('tabs').replaceChildren();
  $('who').textContent = '';
  $('pause').hidden = $('leave').hidden = true;
  const input = h('input', { id: 'token', type: 'password', autocomplete: 'current-password', required: true });
  $('main').replaceChildren(h('section', { class: 'card entry', 'aria-label': 'Sign in' }, h('h2', {}, 'Sign in'),
    h('form', { onsubmit: event => {
      event.preventDefault();
      sessionStorage.setItem('heddle-orders-token', input.value.trim());
      start();
    } }, h('label', { for: 'token' }, 'Token'), input, h('p', { class: 'dim' },
      'The token of HEDDLE_ORDERS_TOKEN, or of a line of --tokens. This browser tab keeps it until you sign out or close the tab.'),
      h('button', { class: 'main' }, 'Sign in'))));
  say(problem || '', !!problem);
  input.focus();
}
async function start() {
  try {
    state.caller = await get('/v1/caller');
  } catch (error) {
    return enter(error.message);
  }
  if (!tabs().includes(state.tab)) state.tab = 'Waiting';
  $('who').textContent = state.caller.name + (state.caller.admin ? ' (administrator)' : '');
  $('pause').hidden = $('leave').hidden = false;
  say('');
  showAddress();
  refresh(true);
}

function theme(name) {
  document.documentElement.dataset.theme = name;
}
const preferred = matchMedia('(prefers-color-scheme: dark)');
const follow = () => theme(localStorage.getItem('heddle-theme') || (preferred.matches ? 'dark' : 'light'));
preferred.addEventListener('change', follow);
follow();
$('theme').addEventListener('click', () => {
  localStorage.setItem('heddle-theme', document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark');
  follow();
});
$('pause').addEventListener('click', () => {
  state.paused = !state.paused;
  $('pause').setAttribute('aria-pressed', state.paused);
  $('pause').textContent = state.paused ? 'Continue' : 'Pause';
  say(state.paused ? 'Paused: the page shows what it had.' : '');
  if (!state.paused) refresh();
});
$('leave').addEventListener('click', () => enter(''));
if (sessionStorage.getItem('heddle-orders-token')) start(); else enter('');
