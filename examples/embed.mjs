// A product with Chinwag inside, in ten lines. The key is made by `chinwag admin keys make shop`; all that follows needs no other right.
const { URL: url, KEY: key } = process.env;
const ask = async (token, method, path, body) => (await fetch(url + path, { method, headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }, body: JSON.stringify(body) })).json();
const bot = await ask(key, 'POST', '/v1/server/accounts', { name: 'Shop' });
const buyer = await ask(key, 'POST', '/v1/server/accounts', { name: 'Ada' }); // keep buyer.account.id beside your own user's id
const group = await ask(bot.token, 'POST', '/v1/groups', { client_id: crypto.randomUUID(), title: 'Order 17' });
await ask(bot.token, 'POST', `/v1/conversations/${group.id}/members`, { accounts: [buyer.account.id] });
await ask(bot.token, 'POST', `/v1/conversations/${group.id}/messages`, { client_id: crypto.randomUUID(), text: 'Your order is on its way.' });
const { token } = await ask(key, 'POST', `/v1/server/accounts/${buyer.account.id}/devices`, { device_name: 'Shop app', expires_seconds: 3600 });
console.log(JSON.stringify({ token, conversation: group.id })); // for the buyer's app
