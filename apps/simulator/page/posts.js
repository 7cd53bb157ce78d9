/** The page's posts, as everybody sees them, with what stands below them. */
import { ask, h, keep, shortened, when } from './parts.js';
import { say } from './words.js';

const wordsOf = (comment) => comment.text ?? say('photoOnly');

function marksOf(comment, now) {
  return [
    when(comment.at, now),
    comment.edited ? say('edited') : null,
    comment.hidden ? say('hiddenMark') : null,
    comment.likedByPage ? say('likedMark') : null,
    comment.privatelyAnswered ? say('privateMark') : null,
  ].filter(Boolean);
}

function commentView(corner, { comment, depth, now, isMine }) {
  const text = shortened(wordsOf(comment), 30);
  const word = (name, label, onclick) => h('button', { type: 'button', class: 'word', 'aria-label': label, onclick }, say(name));
  const named = (name) => `${say(name)}: ${text}`;
  return h(
    'li',
    { class: `comment depth-${depth}`, 'aria-label': say('commentBy', { name: comment.name }) },
    h(
      'div',
      { class: comment.hidden ? 'bubble hidden-comment' : 'bubble' },
      h('b', {}, comment.name),
      comment.text === null ? null : h('span', { class: 'comment-text' }, comment.text),
      comment.photoUrl === null ? null : h('img', { class: 'photo', src: comment.photoUrl, alt: say('photoOnly') }),
    ),
    h(
      'div',
      { class: 'comment-foot' },
      h('span', { class: 'meta' }, marksOf(comment, now).join(' · ')),
      word('commentReply', named('commentReply'), () => corner.answer(comment)),
      isMine && comment.text !== null ? word('edit', say('editComment', { text }), () => corner.edit(comment)) : null,
      word(comment.hidden ? 'unhide' : 'hide', named(comment.hidden ? 'unhide' : 'hide'), () =>
        ask('PUT', `/comments/${comment.id}`, { hidden: !comment.hidden }),
      ),
      word('remove', named('remove'), () => ask('DELETE', `/comments/${comment.id}`)),
    ),
  );
}

/** Comments in the order one reads them: each below what it answers. */
function inOrder(comments, parentId = null, depth = 0) {
  return comments
    .filter((comment) => comment.parentId === parentId)
    .flatMap((comment) => [{ comment, depth: Math.min(depth, 2) }, ...inOrder(comments, comment.id, depth + 1)]);
}

/** Builds the corner once; the answer's `show` brings it up to date. */
export function postsCorner() {
  let state = null;
  let page = null;
  let target = null;
  const notice = h('p', { class: 'notice', hidden: true });
  const who = h('select', { name: 'who', onchange: () => refresh() });
  const list = h('div', { class: 'mail-body' });
  const modeText = h('span');
  const mode = h('p', { class: 'mode' }, modeText, h('button', { type: 'button', class: 'word', onclick: () => leave() }, say('cancel')));
  const box = h('textarea', { rows: 2, maxlength: 8000, 'aria-label': say('comment') });
  const photo = h('input', { type: 'checkbox' });
  const nameless = h('input', { type: 'checkbox' });
  const send = h('button', { class: 'primary' }, say('commentSend'));
  const form = h(
    'form',
    { class: 'sheet', hidden: true, onsubmit: (event) => submit(event) },
    mode,
    box,
    h('div', { class: 'ticks' }, h('label', {}, photo, say('withPhoto')), h('label', {}, nameless, say('withoutName'))),
    h('p', { class: 'actions-row' }, send),
  );
  const element = document.getElementById('posts');
  const write = h('button', { type: 'button', class: 'primary', onclick: () => aim({ kind: 'post' }, say('newPost')) }, say('newPost'));
  element.append(
    h('header', {}, h('h2', { id: 'posts-title' }, say('posts')), write),
    h('label', { class: 'choice-line' }, h('span', {}, say('commentAs')), who),
    notice,
    list,
    form,
  );

  function aim(next, label, text = '') {
    target = next;
    modeText.textContent = label;
    box.value = text;
    send.textContent = say(next.kind === 'edit' ? 'save' : next.kind === 'post' ? 'postIt' : 'commentSend');
    form.hidden = false;
    form.querySelector('.ticks').hidden = next.kind === 'edit' || next.kind === 'post';
    box.focus();
  }
  function leave() {
    target = null;
    form.reset();
    form.hidden = true;
  }
  const corner = {
    answer: (comment) => aim({ kind: 'comment', parentId: comment.id }, say('answerTo', { text: shortened(wordsOf(comment)) })),
    edit: (comment) => aim({ kind: 'edit', id: comment.id }, say('editing', { text: shortened(comment.text) }), comment.text),
  };
  async function submit(event) {
    event.preventDefault();
    const text = box.value.trim();
    if (text === '' && !photo.checked) return;
    if (await sent(text)) leave();
  }
  function sent(text) {
    if (target.kind === 'edit') return ask('PUT', `/comments/${target.id}`, { text });
    if (target.kind === 'post') return ask('POST', `/pages/${page.id}/posts`, { text });
    const { postId, parentId } = target;
    const said = { ...(text === '' ? {} : { text }), postId, parentId, photo: photo.checked, anonymous: nameless.checked };
    return ask('POST', who.value === page.id ? `/pages/${page.id}/comments` : `/customers/${who.value}/comments`, said);
  }

  function postView(post) {
    const text = shortened(post.text, 40);
    return h(
      'article',
      { class: 'post' },
      h('p', { class: 'post-text' }, post.text),
      h(
        'p',
        { class: 'actions-row' },
        h(
          'button',
          {
            type: 'button',
            'aria-label': say('commentTo', { text }),
            onclick: () => aim({ kind: 'comment', postId: post.id }, say('commentTo', { text })),
          },
          say('comment'),
        ),
        h(
          'button',
          {
            type: 'button',
            onclick: () => ask('POST', `/posts/${post.id}/likes`, { customerId: who.value }),
            disabled: who.value === page.id,
          },
          say('likePost'),
        ),
      ),
      h('ul', { class: 'comments' }),
    );
  }

  function refresh() {
    notice.hidden = page.hearsComments;
    notice.textContent = say('commentsUnheard', { page: page.name });
    const people = [...page.customers.map(({ id, name }) => ({ id, name })), { id: page.id, name: page.name }];
    keep(
      who,
      people,
      (one) => one.id,
      (one) => h('option', { value: one.id }, one.name),
    );
    const posts = page.posts.toReversed();
    keep(
      list,
      posts.length > 0 ? posts.map(({ id, text }) => ({ id, text, isPage: who.value === page.id })) : [{ id: 'none' }],
      (post) => post.id,
      (post) => (post.text === undefined ? h('p', { class: 'empty' }, say('noPosts')) : postView(post)),
    );
    for (const post of posts) {
      const below = [...list.children].find((one) => one.dataset.key === post.id);
      keep(
        below.querySelector('.comments'),
        inOrder(post.comments).map((row) => ({ ...row, now: state.now.slice(0, 10), isMine: row.comment.fromId === who.value })),
        (row) => row.comment.id,
        (row) => commentView(corner, row),
      );
    }
  }

  return {
    show(newState, newPageId) {
      if (page && page.id !== newPageId) leave();
      state = newState;
      page = state.pages.find((one) => one.id === newPageId);
      refresh();
    },
  };
}
