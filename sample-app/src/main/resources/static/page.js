import { mend, redrive } from './commands.js';

const byId = id => document.getElementById(id);
const lasted = ms => ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
const clock = instant => new Date(instant).toLocaleTimeString([], { hour12: false });

function element(name, text, className = '') {
  const made = document.createElement(name);
  made.textContent = text;
  made.className = className;
  return made;
}

function command(text, run) {
  const button = element('button', text, 'small');
  button.onclick = () => run(button);
  return button;
}

/** One entry of a list: title and time in the first line, details below. */
function entry(title, instant, ...details) {
  const item = document.createElement('li');
  const line = document.createElement('div');
  line.append(element('strong', title), element('time', clock(instant)));
  const more = document.createElement('p');
  more.append(...details);
  item.append(line, more);
  return item;
}

const known = new Set();
let loaded = false;

/** Shows a list; what was not there before is highlighted, except in the first snapshot. */
function show(panel, rows, keyOf, entryOf) {
  const article = byId(panel);
  article.classList.toggle('none', rows.length === 0);
  document.querySelectorAll(`#${panel} b, a[href="#${panel}"] b`).forEach(count => {
    count.textContent = rows.length < 100 ? rows.length : '100+';
  });
  article.querySelector('ol').replaceChildren(...rows.map(row => {
    const item = entryOf(row);
    const key = `${panel} ${keyOf(row)}`;
    item.classList.toggle('new', loaded && !known.has(key));
    known.add(key);
    return item;
  }));
}

function showAll({ orders, shipments, retries, deadLetters }) {
  const placedAt = new Map(orders.map(order => [order.id, new Date(order.placedAt)]));
  const dead = new Set(deadLetters.map(letter => letter.group + letter.message));

  show('orders', orders, order => order.id, order => entry(
    `Order ${order.id}`, order.placedAt,
    `${order.customer}, ${order.item}`, ...(order.poisoned ? [' · ', element('span', 'poisoned', 'tag')] : [])));

  show('shipments', shipments, shipment => shipment.id, shipment => entry(
    `Order ${shipment.orderId}`, shipment.shippedAt,
    `Shipment ${shipment.id}`, placedAt.has(shipment.orderId)
      ? ` made within ${lasted(new Date(shipment.shippedAt) - placedAt.get(shipment.orderId))}` : ''));

  show('retries', retries, retry => retry.message + retry.group + retry.attempt, retry => {
    const [order, why] = retry.cause.split(': ');
    const over = dead.has(retry.group + retry.message);
    return entry(order, retry.failedAt, why, document.createElement('br'),
      element('span', '●'.repeat(retry.attempt), over ? 'pips over' : 'pips'),
      ` attempt ${retry.attempt}, next in ${lasted(new Date(retry.nextAt) - new Date(retry.failedAt))}`);
  });

  show('dead-letters', [...deadLetters].reverse(), letter => letter.id, letter => {
    const [order, why = ''] = (letter.cause ?? 'No cause').split(': ');
    const customer = why.match(/(.*) has no address/)?.[1];
    return entry(order, letter.diedAt, `${why}, ${letter.attempts} attempts `, element('code', letter.message),
      ...(customer ? [command('Add an address', button => mend(button, customer))] : []),
      command('Send again', button => redrive(button, letter.id)));
  });
  loaded = true;
}

const connection = (text, state) => Object.assign(byId('connection'), { textContent: text, className: state });
const live = new EventSource('/dashboard/live');
live.onopen = () => connection('live', 'live');
live.onerror = () => connection('connection lost', 'lost');
live.onmessage = event => showAll(JSON.parse(event.data));
