import { fix, fixed, redrive, say } from './commands.js';
import { showWay } from './way.js';

const EMPTY = {
  'dead-letters': 'None. Nothing waits for you.',
  retries: 'None. Every handler has succeeded at once.',
  orders: 'No orders yet.',
  shipments: 'No shipments yet.',
};
const byId = id => document.getElementById(id);
const lasted = ms => ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
const clock = instant => new Date(instant).toLocaleTimeString([], { hour12: false });

function element(name, text, className = '') {
  return Object.assign(document.createElement(name), { textContent: text, className });
}

function command(text, run, className = '') {
  const button = element('button', text, `small ${className}`);
  button.onclick = () => run(button);
  return button;
}

/** One entry of a list: title and time in the first line, paragraphs below. */
function entry(title, instant, ...paragraphs) {
  const item = document.createElement('li');
  const line = document.createElement('div');
  line.append(element('strong', title), element('time', clock(instant)));
  item.append(line, ...paragraphs.map(parts => {
    const paragraph = document.createElement('p');
    paragraph.append(...[parts].flat());
    return paragraph;
  }));
  return item;
}

const known = new Map();
let loaded = false;

/** Shows a list. What has not changed stays where it is, so that the focus does; what is new is highlighted. */
function show(panel, count, rows, keyOf, entryOf) {
  const article = byId(panel);
  const list = article.querySelector('ol');
  const focused = list.contains(document.activeElement);
  article.classList.toggle('none', count === 0);
  article.querySelector('h2 b').textContent = count < 100 ? count : '100+';
  const items = rows.map(row => {
    const key = `${panel} ${keyOf(row)}`;
    const text = JSON.stringify(row);
    if (known.get(key)?.text !== text) {
      const item = entryOf(row);
      item.classList.toggle('new', loaded && !known.has(key));
      known.set(key, { text, item });
    }
    return known.get(key).item;
  });
  const wanted = items.length ? items : [element('li', EMPTY[panel], 'empty')];
  [...list.children].filter(item => !wanted.includes(item)).forEach(item => item.remove());
  wanted.forEach((item, at) => {
    if (list.children[at] !== item) list.insertBefore(item, list.children[at] ?? null);
  });
  if (focused && !list.contains(document.activeElement)) article.focus({ preventScroll: true });
}

const titleOf = cause => cause.split(': ')[0];
const reasonOf = cause => cause.split(': ').slice(1).join(': ');

/** How a retry goes on, or went. */
function endingOf(retry, maxAttempts) {
  switch (retry.ending) {
    case 'HANDLED': return element('span', `✓ Attempt ${retry.attempts + 1} succeeded`, 'ending good');
    case 'HANDLED_AFTER_REDRIVE': return element('span', '✓ Handled after it was sent again', 'ending good');
    case 'DEAD': return element('span', `✕ Dead letter after ${retry.attempts} attempts`, 'ending bad');
    default: return `Attempt ${retry.attempts} of ${maxAttempts} failed, the next one is ${
      lasted(new Date(retry.nextAt) - new Date(retry.failedAt))} later`;
  }
}

function retryEntry(retry, maxAttempts) {
  const pips = element('span', '●'.repeat(retry.attempts) + '○'.repeat(Math.max(0, maxAttempts - retry.attempts)), 'pips');
  pips.ariaHidden = 'true';
  return entry(titleOf(retry.cause), retry.failedAt, [reasonOf(retry.cause), ' ', pips], endingOf(retry, maxAttempts));
}

function letterEntry(letter) {
  const cause = letter.cause ?? 'No cause';
  const customer = reasonOf(cause).match(/(.*) has no address/)?.[1];
  const again = letter.redriven ? ' after it was sent again' : '';
  return entry(titleOf(cause), letter.diedAt, `${reasonOf(cause)}: ${letter.attempts} attempts failed${again}`,
    element('code', letter.message),
    [...(!customer ? [] : fixed.has(customer) ? [element('span', '✓ Address added', 'fixed')]
      : [command('Add address', button => fix(button, customer))]),
    command('Send again', button => redrive(button, letter.id, titleOf(cause)))]);
}

/** What was a dead letter, until it was sent again. */
function sentAgainEntry(retry) {
  return entry(titleOf(retry.cause), retry.failedAt, retry.ending === 'DEAD'
    ? element('span', `Sent again, ${retry.group} will handle it`, 'ending')
    : element('span', `✓ Sent again, and handled by ${retry.group}`, 'ending good'));
}

const changedAt = row => new Date(row.diedAt ?? row.failedAt);
const succeeded = new Set();

/** Says it once, when a message that was sent again is handled. */
function tellSuccess(retries) {
  for (const retry of retries.filter(each => each.ending === 'HANDLED_AFTER_REDRIVE')) {
    if (loaded && !succeeded.has(retry.message)) {
      say(`${titleOf(retry.cause)} was sent again, and ${retry.group} handled it: done.`, 'good');
    }
    succeeded.add(retry.message);
  }
}

function showAll(snapshot) {
  const { orders, shipments, retries, deadLetters, maxAttempts } = snapshot;
  const placedAt = new Map(orders.map(order => [order.id, new Date(order.placedAt)]));
  const dead = new Set(deadLetters.map(letter => letter.group + letter.message));
  const sentAgain = retries.filter(retry => retry.ending === 'HANDLED_AFTER_REDRIVE'
    || retry.ending === 'DEAD' && !dead.has(retry.group + retry.message));

  showWay(snapshot);
  const newestFirst = [...deadLetters, ...sentAgain].sort((one, other) => changedAt(other) - changedAt(one));
  show('dead-letters', deadLetters.length, newestFirst,
    row => row.group + row.message, row => row.id ? letterEntry(row) : sentAgainEntry(row));
  show('retries', retries.length, retries, retry => retry.group + retry.message, retry => retryEntry(retry, maxAttempts));
  show('orders', orders.length, orders, order => order.id, order => entry(`Order ${order.id}`, order.placedAt,
    [`${order.customer}, ${order.item}`, ...(order.poisoned ? [' ', element('span', 'poisoned', 'tag')] : [])]));
  show('shipments', shipments.length, shipments, shipment => shipment.id, shipment => entry(
    `Order ${shipment.orderId}`, shipment.shippedAt, `Shipment ${shipment.id}` + (placedAt.has(shipment.orderId)
      ? `, ${lasted(new Date(shipment.shippedAt) - placedAt.get(shipment.orderId))} after the order` : '')));
  tellSuccess(retries);
  loaded = true;
}

let shownAt = '';

function connection(text, state) {
  byId('connection').textContent = text;
  document.body.dataset.connection = state;
}

const live = new EventSource('/dashboard/live');
live.onopen = () => connection('live', 'live');
live.onerror = () => connection(loaded ? `connection lost, as of ${shownAt}` : 'the shop does not answer', 'lost');
live.onmessage = event => {
  shownAt = clock(Date.now());
  showAll(JSON.parse(event.data));
};
