import { AT_SECONDS, feed, only, PAGE, PERSON } from './fixtures/meta-events.js';

const POST = `${PAGE}_777`;
const COMMENT = '777_888';
const added = {
  item: 'comment',
  verb: 'add',
  comment_id: COMMENT,
  post_id: POST,
  parent_id: POST,
  from: { id: PERSON, name: 'Noor Bakker' },
  message: 'Is this the blue one?',
  created_time: AT_SECONDS,
  post: { id: POST, permalink_url: 'https://www.facebook.com/spaak/posts/777' },
};
const comment = (more: object, field?: string) => only(feed({ ...added, ...more }, field));

describe('comments on the page’s posts', () => {
  it('are read with their author, their post and their time in seconds', () => {
    expect(comment({})).toEqual({
      type: 'comment',
      routeId: PAGE,
      personId: PERSON,
      isStandby: false,
      direction: 'in',
      act: 'add',
      externalId: COMMENT,
      parentExternalId: null,
      post: { id: POST, url: 'https://www.facebook.com/spaak/posts/777' },
      sentAt: new Date(AT_SECONDS * 1000),
      actedAt: new Date(AT_SECONDS * 1000),
      content: { text: 'Is this the blue one?', senderName: 'Noor Bakker', attachments: [] },
    });
  });

  it('answer another comment only where their parent is one', () => {
    expect(comment({ comment_id: '777_999', parent_id: COMMENT })).toMatchObject({ parentExternalId: COMMENT });
    expect(comment({ parent_id: undefined })).toMatchObject({ parentExternalId: null });
    // One picture of an album: the event names the album's post, the comment stands below the picture's own.
    expect(comment({ comment_id: '555_999', parent_id: `${PAGE}_555` })).toMatchObject({ parentExternalId: null });
  });

  it('are edited, hidden, shown again and removed; only what says something carries words', () => {
    expect(comment({ verb: 'edited', message: 'Is this the red one?' })).toMatchObject({
      act: 'edit',
      sentAt: null,
      content: { text: 'Is this the red one?' },
    });
    for (const verb of ['hide', 'unhide'])
      expect(comment({ verb, from: { id: PAGE } })).toMatchObject({ act: verb, content: { text: '' } });
    expect(comment({ verb: 'remove', message: undefined, from: { id: PERSON } })).toMatchObject({ act: 'remove', content: { text: '' } });
  });

  it('may be a picture or a film without a word', () => {
    const photo = 'https://cdn.example/p/wheel.jpg';
    expect(comment({ message: undefined, photo })).toMatchObject({
      content: { text: '', attachments: [{ kind: 'image', name: 'wheel.jpg', sourceUrl: photo }] },
    });
    expect(comment({ video: 'https://cdn.example/v/ride.mp4' })).toMatchObject({ content: { attachments: [{ kind: 'video' }] } });
    expect(comment({ photo: 'javascript:alert(1)' })).toMatchObject({
      content: { attachments: [{ kind: 'unsupported', sourceUrl: null }] },
    });
  });

  it('of the page itself go out, and name no contact', () => {
    expect(comment({ from: { id: PAGE, name: 'Spaak' } })).toMatchObject({
      direction: 'out',
      personId: PAGE,
      content: { senderName: null },
    });
  });

  it('whose author Meta keeps from us have an author of their own, the same for all that happens to them', () => {
    expect(comment({ from: undefined })).toMatchObject({ personId: `comment:${COMMENT}`, direction: 'in' });
    expect(comment({ from: undefined, verb: 'remove' })).toMatchObject({ personId: `comment:${COMMENT}` });
    expect(comment({ from: undefined, parent_id: undefined }, 'mention')).toMatchObject({
      type: 'comment',
      personId: `comment:${COMMENT}`,
    });
  });

  it('of long ago name their author beside them, as a number', () => {
    expect(comment({ from: undefined, sender_id: 705_955_836_155, sender_name: 'Sam' })).toMatchObject({
      personId: '705955836155',
      content: { senderName: 'Sam' },
    });
  });

  it('with a verb we do not know are a line that says so', () => {
    expect(comment({ verb: 'pin' })).toMatchObject({ type: 'message', kind: 'unsupported', content: { detail: 'comment_pin' } });
    expect(feed({ ...added, verb: 'pin', from: { id: PAGE } })).toEqual([]);
  });
});

describe('reactions in public', () => {
  const reacted = {
    item: 'reaction',
    verb: 'add',
    reaction_type: 'love',
    post_id: POST,
    parent_id: POST,
    comment_id: COMMENT,
    created_time: AT_SECONDS,
    from: added.from,
  };

  it('to a comment are shown as the person saw them, newest wins', () => {
    const at = new Date(AT_SECONDS * 1000);
    expect(only(feed(reacted))).toMatchObject({ type: 'reaction', externalId: COMMENT, personId: PERSON, emoji: '❤️', reactedAt: at });
    expect(only(feed({ ...reacted, verb: 'edit', reaction_type: 'haha' }))).toMatchObject({ emoji: '😆' });
    expect(only(feed({ ...reacted, verb: 'remove' }))).toMatchObject({ emoji: null });
  });

  it('to a post, or of nobody, are nothing said to the page', () => {
    expect(feed({ ...reacted, comment_id: undefined })).toEqual([]);
    expect(feed({ ...reacted, from: undefined })).toEqual([]);
  });
});

describe('what else happens on a page', () => {
  it.each(['status', 'post', 'photo', 'video', 'share', 'album', 'event', 'like', undefined])('is passed over: %p', (item) => {
    expect(feed({ ...added, item })).toEqual([]);
  });

  it.each(['leadgen', 'inbox_labels', 'ratings', 'live_videos', 'anything', 7])('is passed over on other fields: %p', (field) => {
    expect(feed({ ...added, item: 'bar', user: { id: PERSON }, leadgen_id: 1 }, field as string)).toEqual([]);
  });
});
