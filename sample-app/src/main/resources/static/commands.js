const CUSTOMERS = ['Ada', 'Grace', 'Linus', 'Barbara', 'Edsger', 'Radia', 'Donald', 'Frances'];
const ITEMS = ['teapot', 'lamp', 'chessboard', 'umbrella', 'kettle', 'atlas', 'hammock', 'telescope'];
const byId = id => document.getElementById(id);
const any = list => list[Math.floor(Math.random() * list.length)];

/** Sends a command to the shop, and tells how it went. */
async function ask(button, method, path, type, body, told) {
  button.disabled = true;
  try {
    const response = await fetch(path, { method, headers: { 'Content-Type': type }, body });
    const text = await response.text();
    const answer = text ? JSON.parse(text) : {};
    byId('said').textContent = response.ok ? told(answer) : answer.detail ?? answer.title;
  } catch {
    byId('said').textContent = 'The shop does not answer. Is it running?';
  } finally {
    button.disabled = false;
  }
}

const place = (button, item, poisoned) =>
  ask(button, 'POST', '/orders', 'application/json', JSON.stringify({ customer: any(CUSTOMERS), item, poisoned }),
    order => `Order ${order.orderId} is committed: ${order.customer}, ${order.item}.`);

export const mend = (button, customer) =>
  ask(button, 'PUT', `/addresses/${encodeURIComponent(customer)}`, 'text/plain', '1 Analytical Row',
    () => `${customer} has an address now. Dead letters can be sent again.`);

export const redrive = (button, letter) =>
  ask(button, 'POST', `/dead-letters/${letter}/redrive`, 'text/plain', undefined,
    () => 'It is tried again, only by the group that failed. What is not mended dies again.');

byId('good').onclick = event => place(event.target, any(ITEMS), false);
byId('poisoned').onclick = event => place(event.target, any(ITEMS), true);
byId('unicorn').onclick = event => place(event.target, 'unicorn', false);
