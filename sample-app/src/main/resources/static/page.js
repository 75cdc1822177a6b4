const CUSTOMERS = ['Ada', 'Grace', 'Linus', 'Barbara', 'Edsger', 'Radia', 'Donald', 'Frances'];
const ITEMS = ['teapot', 'lamp', 'chessboard', 'umbrella', 'kettle', 'atlas', 'hammock', 'telescope'];
const byId = id => document.getElementById(id);
const any = list => list[Math.floor(Math.random() * list.length)];
const clock = instant => new Date(instant).toLocaleTimeString([], { hour12: false });
const several = (count, noun) => `${count} ${noun}${count === 1 ? '' : 's'}`;

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

/** Shows a list; what was not there before is highlighted, except in the first snapshot. */
function show(panel, rows, keyOf, entryOf) {
  const article = byId(panel);
  article.classList.toggle('none', rows.length === 0);
  article.querySelector('b').textContent = rows.length < 100 ? rows.length : '100+';
  article.querySelector('ol').replaceChildren(...rows.map(row => {
    const item = entryOf(row);
    const key = `${panel} ${keyOf(row)}`;
    item.classList.toggle('new', loaded && !known.has(key));
    known.add(key);
    return item;
  }));
}

let loaded = false;

function showAll({ orders, shipments, retries, deadLetters }) {
  const placedAt = new Map(orders.map(order => [order.id, new Date(order.placedAt)]));
  const dead = new Set(deadLetters.map(letter => letter.group + letter.message.value));

  show('orders', orders, order => order.id, order => entry(
    `Order ${order.id}`, order.placedAt,
    `${order.customer}, ${order.item}`, ...(order.poisoned ? [' · ', element('span', 'poisoned', 'tag')] : [])));

  show('shipments', shipments, shipment => shipment.id, shipment => entry(
    `Order ${shipment.orderId}`, shipment.shippedAt,
    `Shipment ${shipment.id}`, placedAt.has(shipment.orderId)
      ? `, ${new Date(shipment.shippedAt) - placedAt.get(shipment.orderId)} ms after the order` : ''));

  show('retries', retries, retry => retry.message.value + retry.group + retry.attempt, retry => {
    const over = dead.has(retry.group + retry.message.value);
    return entry(retry.cause, retry.failedAt,
      element('span', '●'.repeat(retry.attempt), `pips ${over ? 'over' : ''}`),
      ` attempt ${retry.attempt} failed, next in ${(new Date(retry.nextAt) - new Date(retry.failedAt)) / 1000} s`);
  });

  show('dead-letters', deadLetters, letter => letter.message.value + letter.group, letter => entry(
    letter.cause, letter.diedAt,
    `${several(letter.attempts, 'attempt')} of ${letter.group} failed, message `,
    element('code', letter.message.value)));
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
    const placed = response.ok ? await response.json() : null;
    byId('said').textContent = placed ? `Order ${placed.orderId} is committed: ${placed.customer}, ${placed.item}.`
      : response.status === 409 ? 'No unicorn in stock: the order was rolled back, and nobody hears of it.'
      : `Refused with status ${response.status}.`;
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
