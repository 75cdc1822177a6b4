const CUSTOMERS = ['Ada', 'Grace', 'Linus', 'Barbara', 'Edsger', 'Radia', 'Donald', 'Frances'];
const ITEMS = ['teapot', 'lamp', 'chessboard', 'umbrella', 'kettle', 'atlas', 'hammock', 'telescope'];
const byId = id => document.getElementById(id);
const any = list => list[Math.floor(Math.random() * list.length)];

/** Customers who were given an address at this page. */
export const fixed = new Set();

/** Tells what has happened, below the buttons. */
export function say(text, kind = '') {
  byId('said').textContent = text;
  byId('said').className = kind;
}

/** Sends a command to the shop, and tells how it went. A disabled button would lose the keyboard's focus. */
async function ask(button, path, request, told) {
  if (button.ariaDisabled === 'true') return;
  button.ariaDisabled = 'true';
  try {
    const response = await fetch(path, { method: 'POST', ...request });
    const text = await response.text();
    const answer = text ? JSON.parse(text) : {};
    if (response.ok) say(told(answer), 'good');
    else say(answer.detail ?? answer.title, 'warn');
  } catch {
    say('The shop does not answer. Is it running?', 'bad');
  } finally {
    button.ariaDisabled = null;
  }
}

const place = (button, item, poisoned, told) =>
  ask(button, '/orders', {
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ customer: any(CUSTOMERS.filter(each => !poisoned || !fixed.has(each))) ?? 'Ada', item, poisoned }),
  }, told);

export const fix = (button, customer) =>
  ask(button, `/addresses/${encodeURIComponent(customer)}`,
    { method: 'PUT', headers: { 'Content-Type': 'text/plain' }, body: '1 Analytical Row' },
    () => {
      fixed.add(customer);
      button.replaceWith(Object.assign(document.createElement('span'), { className: 'fixed', textContent: '✓ Address added' }));
      return `${customer} has an address now. The dead letter can be sent again.`;
    });

export const redrive = (button, letter, order) =>
  ask(button, `/dead-letters/${letter}/redrive`, {}, () => `${order} is sent again, to the group that failed and to no other.`);

byId('good').onclick = () => place(byId('good'), any(ITEMS), false,
  order => `Order ${order.orderId} is committed: ${order.customer}, ${order.item}.`);
byId('poisoned').onclick = () => place(byId('poisoned'), any(ITEMS), true,
  order => `Order ${order.orderId} is committed. It ships, but its notification fails: ${order.customer} has no address.`);
byId('unicorn').onclick = () => place(byId('unicorn'), 'unicorn', false, () => 'A unicorn was in stock.');
byId('stop-kafka').onclick = () => ask(byId('stop-kafka'), '/demonstration/stop-kafka', {},
  () => 'Kafka is being stopped. Place orders: they are committed, and their messages wait in the outbox.');
byId('deliver-again').onclick = () => ask(byId('deliver-again'), '/demonstration/deliver-again', {},
  ({ key }) => `Kafka delivers the message of ${key} again, to both groups. Each drops it: nothing is done twice.`);
