
// The verdict in words, above everything.
const fewBreaches = window.innerWidth < 640 ? 2 : 4;
function tellVerdict() {
  const outcome = element('span', run.outcome, { class: run.outcome });
  byId('outcome').append(outcome);
  byId('scenario').textContent = run.scenario;
  byId('where').textContent = run.where + (run.by ? '; known from ' + run.by : '');
  byId('verdict-title').textContent = run.headline;
  byId('reasons').replaceChildren(...run.reasons.map((why) => element('li', why)));
  tellBreaches(fewBreaches);
  for (const { question, text } of run.answers) byId('answers').append(element('dt', question), element('dd', text));
}
function tellBreaches(most) {
  byId('breaches').replaceChildren(...run.breaches.slice(0, most).map((breach, i) => {
    const item = element('li', '', breach.promised ? {} : { class: 'measured' });
    const button = element('button', '', { type: 'button', 'data-breach': i });
    button.append(element('span', breach.text, { class: 'text' }));
    if (breach.by) button.append(' ', element('span', 'by ' + breach.by, { class: 'by' }));
    button.append(element('span', (breach.promised ? '' : 'not promised: ') + breach.sentence + ' (' + breach.guarantee + ')', { class: 'why' }));
    button.addEventListener('click', () => { showBreach(i); byId('stage').scrollIntoView({ block: 'nearest' }); });
    item.append(button);
    return item;
  }));
  const more = byId('more-breaches');
  more.hidden = run.breaches.length <= most;
  more.textContent = 'show all ' + run.breaches.length + ' contradictions';
  more.onclick = () => tellBreaches(run.breaches.length);
}
function markBreach() {
  byId('breaches').querySelectorAll('li').forEach((item, i) => item.setAttribute('aria-current', String(i === chosen.breach)));
}
