document.querySelectorAll('input[data-rows]').forEach(function (box) {
  var rows = Array.from(document.querySelectorAll('#' + box.dataset.rows + ' tbody tr'));
  var told = document.getElementById(box.dataset.rows + '-count');
  function look() {
    var words = box.value.toLowerCase().split(/\s+/).filter(Boolean), shown = 0;
    rows.forEach(function (row) {
      var text = row.textContent.toLowerCase();
      row.hidden = !words.every(function (word) { return text.includes(word); });
      shown += row.hidden ? 0 : 1;
    });
    told.textContent = shown + ' of ' + rows.length + ' shown';
  }
  var asked = new URLSearchParams(location.search).get('find');
  if (asked) { box.value = asked; }
  box.addEventListener('input', look);
  look();
});
