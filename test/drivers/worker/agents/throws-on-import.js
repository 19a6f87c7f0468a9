throw Object.assign(new TypeError('it does not work here'), { code: 'NOT_HERE' });
