const CUSTOMERS = ['Ada', 'Grace', 'Linus', 'Barbara', 'Edsger', 'Radia', 'Donald', 'Frances'];
const ITEMS = ['teapot', 'lamp', 'chessboard', 'umbrella', 'kettle', 'atlas', 'hammock', 'telescope'];
const byId = id => document.getElementById(id);
const any = list => list[Math.floor(Math.random() * list.length)];
const lasted = ms => ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
const clock = instant => new Date(instant).toLocaleTimeString([], { hour12: false });

function element(name, text, className = '') {
  const made = document.createElement(name);
  made.textContent = text;
  made.className = className;
  return made;
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

  show('dead-letters', deadLetters, letter => letter.message + letter.group, letter => {
    const [order, why] = letter.cause.split(': ');
    return entry(order, letter.diedAt, `${why}, ${letter.attempts} attempts `, element('code', letter.message));
  });
  loaded = true;
}

async function place(button, item, poisoned) {
  button.disabled = true;
  try {
    const response = await fetch('/orders', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ customer: any(CUSTOMERS), item, poisoned }),
    });
    const answer = await response.json();
    byId('said').textContent = response.ok
      ? `Order ${answer.orderId} is committed: ${answer.customer}, ${answer.item}.` : answer.detail ?? answer.title;
  } catch {
    byId('said').textContent = 'The shop does not answer. Is it running?';
  } finally {
    button.disabled = false;
  }
}

byId('good').onclick = event => place(event.target, any(ITEMS), false);
byId('poisoned').onclick = event => place(event.target, any(ITEMS), true);
byId('unicorn').onclick = event => place(event.target, 'unicorn', false);

const connection = (text, state) => Object.assign(byId('connection'), { textContent: text, className: state });
const live = new EventSource('/dashboard/live');
live.onopen = () => connection('live', 'live');
live.onerror = () => connection('connection lost', 'lost');
live.onmessage = event => showAll(JSON.parse(event.data));
