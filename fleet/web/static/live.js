// Renews what is marked data-live every few seconds while somebody looks at it, and says so when there is no answer.
(function () {
  var every = 5000, live = document.querySelector('[data-live]'), stale = document.getElementById('stale');
  var tag = '', of = new Date();
  document.querySelectorAll('form[data-sends] select').forEach(function (choice) {
    choice.addEventListener('change', function () { choice.form.submit(); });
  });
  function later() { setTimeout(renew, every); }
  function show(text) {
    var fresh = new DOMParser().parseFromString(text, 'text/html').querySelector('[data-live]');
    if (!fresh) { location.reload(); return; }
    // Whoever is about to follow a link by the keyboard keeps the place.
    if (!live.contains(document.activeElement)) { live.replaceWith(fresh); live = fresh; }
  }
  function renew() {
    if (document.hidden) { later(); return; }
    fetch(location.href, { headers: { 'If-None-Match': tag }, redirect: 'manual' }).then(function (answer) {
      if (answer.type === 'opaqueredirect') { location.reload(); }
      if (answer.status !== 304 && !answer.ok) { throw new Error(answer.status); }
      tag = answer.headers.get('ETag') || '';
      return answer.status === 304 ? null : answer.text();
    }).then(function (text) {
      if (text !== null) { show(text); }
      of = new Date();
      stale.hidden = true;
    }).catch(function () {
      stale.querySelector('time').textContent = of.toLocaleTimeString();
      stale.hidden = false;
    }).then(later);
  }
  if (live) { later(); }
}());
