"""What a call costs: before it, after it, and never more than you say."""

import ringup

QUESTION = "Why is the sky blue?"

estimate = ringup.estimate(QUESTION, model="gpt-4o-mini", max_tokens=300)
print(f"between {estimate.low} and {estimate.high} dollars")

reply = ringup.ask(QUESTION, model="gpt-4o-mini", max_tokens=300)
print(f"it was {reply.cost}")
for name, amount in reply.bill.lines:
    print(f"  {name:12} {amount}")

with ringup.Client("gpt-4o-mini", budget="0.0003 USD", max_tokens=300) as client:
    for number in range(1, 100):
        try:
            client.ask(QUESTION)
        except ringup.BudgetExceededError as error:
            print(f"call {number} wasn't sent: {error}")
            break
