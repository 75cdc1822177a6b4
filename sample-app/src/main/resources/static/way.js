const byId = id => document.getElementById(id);
const sum = counts => Object.values(counts).reduce((all, count) => all + count, 0);
const unbroken = text => text.replaceAll(' ', '\u00a0');
const many = (count, one, more) => `${count} ${count === 1 ? one : more}`;

/** Shows one stage; it lights up when its number grows. */
function stage(id, count, text, state = '') {
  const item = byId(id);
  const number = item.querySelector('b');
  const grown = count > Number(number.textContent); // at first that is a dash, which is no number
  number.textContent = count;
  item.querySelector('small').textContent = text;
  item.dataset.state = state;
  if (grown) {
    item.classList.remove('grown');
    void item.offsetWidth; // starts the animation anew
    item.classList.add('grown');
  }
}

let countdown;

/** Kafka counts down while it is stopped. */
function kafka(sent, backAt) {
  clearTimeout(countdown);
  byId('stop-kafka').ariaDisabled = backAt ? 'true' : null;
  if (!backAt) {
    stage('kafka', sent, 'messages sent');
    return;
  }
  const seconds = Math.ceil((new Date(backAt) - Date.now()) / 1000);
  stage('kafka', sent, seconds > 0 ? `stopped, back in ${seconds} s` : 'is starting …', 'bad');
  countdown = setTimeout(() => kafka(sent, backAt), 500);
}

/** Shows where the messages are. */
export function showWay({ way: { passed, waiting }, demonstration, retries, deadLetters }) {
  const handled = Object.entries(passed.handled).map(([group, count]) => `${group} ${count}`);
  const duplicates = passed.duplicates ? [many(passed.duplicates, 'duplicate', 'duplicates') + ' dropped'] : [];
  const failing = retries.filter(retry => !retry.ending).length;

  stage('published', passed.published, 'messages, committed with their orders');
  stage('outbox', waiting, 'waiting for Kafka', waiting ? 'warn' : '');
  kafka(passed.sent, demonstration?.kafkaBackAt);
  stage('listeners', failing, 'failed, waiting for another attempt', failing ? 'warn' : '');
  stage('done', sum(passed.handled), [...handled, ...duplicates].map(unbroken).join(' · ') || 'handled', 'good');
  stage('dead', deadLetters.length, deadLetters.length ? 'given up, waiting for you' : 'given up', deadLetters.length ? 'bad' : '');

  byId('stop-kafka').hidden = byId('deliver-again').hidden = !demonstration;
}
